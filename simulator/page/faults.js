// The faults as switches, and the ledger.
import {clock, el, keyed, post} from './dom.js';

const known = [
  {name: 'slack-limited', label: 'Slack is rate limited', about: '429, Retry-After 2', vendor: 'slack', status: 429, retry_after: 2},
  {name: 'slack-down', label: 'Slack is down', about: '503', vendor: 'slack', status: 503},
  {name: 'slack-lost', label: "Slack's next answer is lost", about: 'posted, then the connection drops', vendor: 'slack', match: 'chat.postMessage', drop_response: true, times: 1},
  {name: 'jenkins-down', label: 'Jenkins is down', about: '503', vendor: 'jenkins', status: 503},
  {name: 'jenkins-lost', label: "Jenkins' next order is lost", about: 'queued, then the connection drops', vendor: 'jenkins', match: 'buildWithParameters', drop_response: true, times: 1},
  {name: 'jenkins-slow', label: 'Jenkins is slow', about: 'every answer takes 2 s', vendor: 'jenkins', hang: '2s'},
  {name: 'jira-down', label: 'Jira is down', about: '503', vendor: 'jira', status: 503},
  {name: 'jira-lost', label: "Jira's next answer is lost", about: 'created, then the connection drops', vendor: 'jira', match: 'POST', drop_response: true, times: 1},
  {name: 'mail-refuses', label: 'The mail server refuses', about: '550', vendor: 'smtp', match: 'RCPT', status: 550},
  {name: 'twilio-down', label: 'Twilio is down', about: '500', vendor: 'twilio', status: 500},
];

export function drawFaults(set) {
  keyed(document.getElementById('switches'), known.map((fault) => ({name: fault.name, on: set.some((given) => given.name === fault.name)})),
    (fault) => fault.name, drawSwitch);
}

function drawSwitch({name, on}) {
  const {label, about, ...fault} = known.find((one) => one.name === name);
  const flip = () => on ? post(`/control/faults?name=${name}`, undefined, 'DELETE') : post('/control/faults', fault);
  return el('button', {type: 'button', class: 'switch', role: 'switch', 'aria-checked': String(on), 'data-fault-name': name, 'data-focus': name, onclick: flip},
    el('span', {class: 'knob', 'aria-hidden': 'true'}), el('span', {}, label, el('small', {}, about)));
}

export function drawLedger(entries, count) {
  document.getElementById('effects').textContent = `${count} effects`;
  keyed(document.getElementById('entries'), [...entries].reverse(), (entry) => entry.n, (entry) => el('li', {},
    el('span', {class: 'number'}, String(entry.n)), el('time', {class: 'quiet'}, clock(entry.at, true)), el('strong', {}, `${entry.vendor} ${entry.effect}`), el('span', {}, told(entry.detail))));
}

function told(detail) {
  return Object.entries(detail).filter(([name, value]) => value && name !== 'value' && typeof value !== 'object').map(([name, value]) => `${name} ${value}`).join(' · ').slice(0, 160);
}
