// The page: what the simulated world looks like now, as the events tell it.
import {post} from './dom.js';
import {drawFaults, drawLedger} from './faults.js';
import {drawJenkins} from './jenkins.js';
import {drawJira} from './jira.js';
import {drawPhones} from './phones.js';
import {drawShop, forgetShipped} from './shop.js';
import {drawSlack, forget} from './slack.js';

const link = document.getElementById('link');
let faults = '';

function draw(scene) {
  drawSlack(scene.slack);
  drawShop(scene.shop, scene.now);
  drawJenkins(scene.jenkins, scene.now);
  drawJira(scene.jira);
  drawPhones(scene);
  const set = JSON.stringify(scene.faults);
  if (set !== faults) drawFaults(scene.faults);
  faults = set;
  drawLedger(scene.ledger, scene.effects);
}

function listen() {
  const events = new EventSource('/control/events');
  events.onopen = () => {
    link.textContent = 'live';
    link.className = 'link live';
  };
  events.onmessage = (event) => draw(JSON.parse(event.data));
  events.onerror = () => {
    link.textContent = 'no connection; trying again';
    link.className = 'link lost';
  };
}

document.getElementById('reset').addEventListener('click', async () => {
  forget();
  forgetShipped();
  await post('/control/reset');
});
drawFaults([]);
listen();
