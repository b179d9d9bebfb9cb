// The shop: which release each service has, and how many requests fail.
import {el, keyed, post} from './dom.js';

const width = 520, height = 168, left = 40, bottom = 22, top = 36;
const narrow = matchMedia('(max-width: 560px)');
const span = 5 * 60e3; // of the line, in milliseconds

export function drawShop(shop, now) {
  keyed(document.getElementById('services'), shop, (service) => service.service, (service, old) => drawService(service, now, old));
  for (const service of shop) {
    const place = document.querySelector(`[data-line="${CSS.escape(service.service)}"]`);
    place?.replaceChildren(line(service, now));
  }
}

function drawService(service, now) {
  const percent = (service.error_ratio * 100).toFixed(1) + '%';
  // Without a monitor of its own the simulator does not know whether an alert fires.
  const alert = service.firing === undefined ? [] : [service.firing ? 'alert fires' : 'no alert', ' · '];
  return el('div', {class: 'service'},
    el('div', {class: 'cardhead'}, el('h3', {}, service.service, ' ', el('span', {class: 'tag'}, service.release)),
      el('span', {class: service.firing ?? service.bad ? 'bad' : 'good'}, ...alert, el('strong', {}, percent), ' of requests fail')),
    el('div', {'data-line': service.service}, line(service, now)),
    el('div', {class: 'buttons'},
      el('button', {type: 'button', 'data-focus': 'good', onclick: () => ship(service, false)}, 'Ship a good release'),
      el('button', {type: 'button', class: 'danger', 'data-focus': 'bad', onclick: () => ship(service, true)}, 'Ship a bad release')),
    el('p', {class: 'warn', role: 'alert', 'data-refused': service.service}));
}

// nextRelease counts on from the newest release that has been in production.
function nextRelease(service) {
  const numbers = service.history.map((past) => /^(.*?)(\d+)$/.exec(past.release)).filter(Boolean);
  const newest = numbers.reduce((a, b) => Number(b[2]) >= Number(a[2]) ? b : a, ['', '1.', '0']);
  return newest[1] + (Number(newest[2]) + 1);
}

const shipped = new Map(); // service to the newest release that was shipped here

// forgetShipped is for a world that begins anew.
export function forgetShipped() {
  shipped.clear();
}

async function ship(service, bad) {
  let release = nextRelease(service);
  const before = shipped.get(service.service);
  if (before && nextRelease({history: [...service.history, {release: before}]}) !== release) release = nextRelease({history: [{release: before}]});
  shipped.set(service.service, release);
  try {
    await post('/shop/ship', {service: service.service, release, bad, user: 'maria', commits: [bad
      ? {author: 'Maria Lopez', message: 'Charge the card before the basket is locked', paths: [`services/${service.service}/pay.go`]}
      : {author: 'Ben Okafor', message: 'Show the delivery date on the receipt', paths: [`services/${service.service}/receipt.go`]}]});
  } catch (refused) {
    document.querySelector(`[data-refused="${CSS.escape(service.service)}"]`).textContent = refused.message;
  }
}

function svg(tag, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// line draws the error ratio of the last minutes, each deployment marked.
function line(service, now) {
  const end = new Date(now).getTime(), begin = end - span;
  const ceiling = Math.max(0.3, ...service.history.map((past) => past.ratio * 1.15));
  const x = (at) => left + (Math.max(at, begin) - begin) / span * (width - left - 8);
  const y = (ratio) => height - bottom - ratio / ceiling * (height - bottom - top);
  const chart = svg('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `Error ratio of ${service.service}, now ${(service.error_ratio * 100).toFixed(1)} percent`});
  for (const ratio of [0, 0.05, 0.25]) {
    chart.append(svg('line', {x1: left, x2: width - 8, y1: y(ratio), y2: y(ratio), class: ratio === 0.05 ? 'limit' : 'grid'}),
      svg('text', {x: left - 6, y: y(ratio) + 4, class: 'axis end'}, `${ratio * 100}%`));
  }
  for (const minutes of [5, 4, 3, 2, 1, 0]) {
    chart.append(svg('text', {x: x(end - minutes * 60e3), y: height - 6, class: 'axis' + (minutes === 0 ? ' end' : '')}, minutes ? `−${minutes} min` : 'now'));
  }
  chart.append(...deployments(service.history.filter((past) => new Date(past.at).getTime() >= begin), x));
  let before;
  service.history.forEach((past, i) => {
    const from = new Date(past.at).getTime(), until = i + 1 < service.history.length ? new Date(service.history[i + 1].at).getTime() : end;
    if (until < begin) return;
    const d = `${before === undefined ? '' : `M${x(from)},${before}V${y(past.ratio)}`}M${x(from)},${y(past.ratio)}H${x(until)}`;
    chart.append(svg('path', {d, class: 'ratio' + (past.ratio > 0.05 ? ' high' : '')}));
    before = y(past.ratio);
  });
  return chart;
}

// deployments marks each deployment, and names it in one of two rows above the line.
// Where they are too close to each other the newer ones are named; Jenkins lists all.
function deployments(history, x) {
  const [letter, first, row] = narrow.matches ? [9.6, 28, 14] : [6.4, 24, 13];
  const taken = [width, width]; // how far to the right each row is free
  const marks = [];
  for (const {at, release} of [...history].reverse()) {
    const from = x(new Date(at).getTime()), wide = release.length * letter + 4;
    marks.push(svg('line', {x1: from, x2: from, y1: top - 8, y2: height - bottom, class: 'deployment'}));
    const free = taken.findIndex((until) => from + wide <= until);
    const late = taken.findIndex((until) => from <= until && from - wide >= left);
    const to = free >= 0 ? free : late;
    if (to < 0) continue;
    marks.push(svg('text', {x: from + (free >= 0 ? 4 : -4), y: first - row * to, class: 'axis strong' + (free >= 0 ? '' : ' end')}, release));
    taken[to] = free >= 0 ? from : from - wide;
  }
  return marks;
}
