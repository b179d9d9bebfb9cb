// Phones and mail: what the acting person was texted and mailed, and their answers.
import {clock, el, keyed, post} from './dom.js';

const person = document.getElementById('person');
const form = document.getElementById('reply');
let scene;

// drawPhones shows the phone and the mailbox of the acting person.
export function drawPhones(next) {
  scene = next;
  const phone = phoneOf(person.value);
  const texts = scene.phones.texts.filter((text) => phone && (text.to === phone || text.from === phone));
  const mails = scene.mails.map((mail, n) => ({...mail, n})).filter((mail) => scene.contacts[mail.to] === person.value);
  keyed(document.getElementById('texts'), texts, (text) => text.sid, drawText);
  keyed(document.getElementById('mails'), mails.reverse(), (mail) => mail.n, drawMail);
  document.getElementById('phone-number').textContent = phone ?? 'no phone';
  document.getElementById('no-texts').hidden = texts.length > 0;
  document.getElementById('no-mails').hidden = mails.length > 0;
  form.hidden = !phone || !scene.phones.replies;
}

const phoneOf = (user) => Object.keys(scene.contacts).find((address) => scene.contacts[address] === user && address.startsWith('+'));

function drawText(text) {
  const status = text.inbound ? '' : ` · ${text.status}`;
  return el('li', {class: text.inbound ? 'sms mine' : 'sms', 'data-sid': text.sid}, el('p', {}, text.body), el('small', {class: text.status === 'undelivered' || text.status === 'failed' ? 'bad' : ''}, clock(text.at, true) + status));
}

function drawMail(mail) {
  return el('li', {class: 'mail'}, el('details', {'data-focus': 'mail' + mail.n},
    el('summary', {'data-focus': 'mailsummary' + mail.n}, el('strong', {}, mail.subject), ' ', el('time', {class: 'quiet'}, clock(mail.at, true))), el('pre', {}, mail.text)));
}

person.addEventListener('change', () => scene && drawPhones(scene));
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const input = form.elements.namedItem('body');
  const failure = document.getElementById('reply-failure');
  failure.textContent = '';
  try {
    const got = await post('/control/sms', {from: phoneOf(person.value), body: input.value});
    input.value = '';
    if (got.error || (got.status && got.status !== 200)) failure.textContent = got.error || `The starter answered ${got.status}: nothing was texted back.`;
  } catch (refused) {
    failure.textContent = refused.message;
  }
});
