// The Slack workspace: conversations, messages and their threads, modals.
import {clock, el, keyed, post} from './dom.js';
import {blocks, values} from './blocks.js';
import {mrkdwn, textObject} from './mrkdwn.js';

const chosen = {conversation: undefined, byHand: false, person: undefined};
const read = new Map();      // conversation ID to the newest timestamp that was seen
const unfolded = new Map();  // timestamp of a thread's parent to whether it is unfolded
const failures = new Map();  // timestamp to what became of the last click there
const dismissed = new Set(); // views that were closed unsent
const answersShown = 2;      // private answers below a message; older ones are left out
let scene;

const names = {
  person: (id) => id === scene.bot ? 'lastgood' : scene.people.find((person) => person.id === id)?.name ?? id,
  // One that nobody has written to yet is named after its ID.
  channel: (id) => scene.conversations.find((where) => where.id === id)?.name ?? id.replace(/^C0/, '').toLowerCase(),
};

// forget is for a world that begins anew.
export function forget() {
  for (const memory of [read, unfolded, failures, dismissed]) memory.clear();
}

// drawSlack shows the workspace as the acting person sees it.
export function drawSlack(next) {
  scene = next;
  drawPeople();
  const mine = scene.conversations.filter((where) => !where.user || where.user === chosen.person);
  const open = opened(mine);
  chosen.conversation = open?.id;
  // A direct message that stands in until the channel has something was not read.
  if (open && (chosen.byHand || !open.user)) read.set(open.id, newest(open));
  keyed(document.getElementById('channels'), mine.filter((where) => !where.user).map(entry), (item) => item.id, drawEntry);
  keyed(document.getElementById('directs'), mine.filter((where) => where.user).map(entry), (item) => item.id, drawEntry);
  drawConversation(open);
  drawModal();
}

// opened is the conversation that is looked at: the one that was chosen or, until then,
// a channel, although the direct message of a page comes before the card there.
function opened(mine) {
  const now = mine.find((where) => where.id === chosen.conversation);
  if (!now) chosen.byHand = false;
  if (now && (chosen.byHand || !now.user && now.messages.length)) return now;
  return mine.find((where) => !where.user && where.messages.length) ?? now ?? mine.find((where) => where.messages.length) ?? mine[0];
}

function drawPeople() {
  const select = document.getElementById('person');
  chosen.person ??= scene.people[0]?.id;
  keyed(select, scene.people.map((person) => ({...person, unread: unreadDirects(person.id)})), (person) => person.id,
    (person) => el('option', {value: person.id}, person.name + (person.unread && person.id !== chosen.person ? ` (${person.unread} new)` : '')));
  select.value = chosen.person;
  select.onchange = () => {
    chosen.person = select.value;
    if (scene.conversations.find((where) => where.id === chosen.conversation)?.user) chosen.conversation = directOf(chosen.person)?.id ?? chosen.conversation;
    drawSlack(scene);
  };
}

const directOf = (person) => scene.conversations.find((where) => where.user === person);
const newest = (where) => where.messages.flatMap((message) => [message.ts, ...message.replies.map((reply) => reply.ts)]).sort().at(-1) ?? '';
const unread = (where) => where.messages.filter((message) => message.ts > (read.get(where.id) ?? '')).length;
const unreadDirects = (person) => directOf(person) ? unread(directOf(person)) : 0;

function entry(where) {
  return {id: where.id, name: where.user ? 'lastgood' : where.name, direct: Boolean(where.user), unread: unread(where), open: where.id === chosen.conversation};
}

function drawEntry(item) {
  const choose = () => {
    chosen.conversation = item.id;
    chosen.byHand = true;
    drawSlack(scene);
    const list = document.getElementById('messages');
    list.scrollTop = list.scrollHeight;
  };
  return el('li', {}, el('button', {
    type: 'button', class: 'channel' + (item.unread ? ' unread' : ''), 'aria-current': item.open && 'true',
    'data-channel': item.id, 'data-focus': item.id, onclick: choose,
  }, el('span', {}, (item.direct ? '● ' : '# ') + item.name), item.unread > 0 && el('span', {class: 'badge', 'aria-label': `${item.unread} new`}, String(item.unread))));
}

function drawConversation(open) {
  const list = document.getElementById('messages');
  document.getElementById('conversation-name').textContent = !open ? 'No messages yet' : open.user ? `lastgood → ${names.person(open.user)}` : `# ${open.name}`;
  const atEnd = list.dataset.of !== open?.id || list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  list.dataset.of = open?.id ?? '';
  if (!open) return list.replaceChildren(el('p', {class: 'quiet'}, 'Ship a bad release in the shop: the first alert opens a channel here.'));
  keyed(list, shown(open), (message) => message.ts + open.id, drawMessage);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

// shown gives the messages of a conversation in order, with what only the acting
// person sees among them.
function shown(where) {
  const private_ = where.ephemerals.filter((message) => message.only_for === chosen.person);
  const top = private_.filter((message) => !message.thread_ts || !where.messages.some((parent) => parent.ts === message.thread_ts));
  const parents = where.messages.map((message) => ({
    ...message, answers: private_.filter((answer) => answer.thread_ts === message.ts).slice(-answersShown), unfolded: unfolded.get(message.ts) ?? false,
  }));
  return [...parents, ...top].sort((a, b) => a.ts < b.ts ? -1 : 1)
    .map((message) => ({...message, channel: where.id, failure: failures.get(message.ts), actor: chosen.person}));
}

function drawMessage(message) {
  const replies = message.replies ?? [];
  const count = (replies.length === 1 ? '1 reply' : `${replies.length} replies`) + (replies.length ? `, the last at ${clock(Number(replies.at(-1).ts) * 1000, true)}` : '');
  const thread = replies.length > 0 && el('details', {class: 'thread', open: message.unfolded, 'data-focus': 'thread' + message.ts},
    el('summary', {'data-focus': 'summary' + message.ts}, count), replies.map((reply) => drawBody({...reply, channel: message.channel, reply: true})));
  thread && thread.addEventListener('toggle', () => unfolded.set(message.ts, thread.open));
  return el('article', {class: 'message', 'data-ts': message.ts}, drawBody(message),
    (message.answers ?? []).map((answer) => drawBody({...answer, channel: message.channel, failure: failures.get(answer.ts)})), thread);
}

function drawBody(message) {
  const author = names.person(message.user);
  return el('div', {class: 'body' + (message.is_ephemeral ? ' private' : '') + (message.reply ? ' reply' : '')},
    el('div', {class: 'avatar', 'aria-hidden': 'true'}, author.slice(0, 1).toUpperCase()),
    el('div', {class: 'content'},
      message.is_ephemeral && el('div', {class: 'quiet'}, '◉ Only visible to you'),
      el('div', {class: 'by'}, el('strong', {}, author), message.bot_id && el('span', {class: 'app'}, 'APP'),
        el('time', {class: 'quiet'}, clock(Number(message.ts) * 1000, true)), message.edited && el('span', {class: 'quiet'}, '(edited)')),
      message.blocks?.length ? blocks(message.blocks, names, (part, button) => press(message, part, button)) : el('div', {class: 'b-text'}, mrkdwn(message.text, names)),
      message.failure && el('p', {class: 'warn', role: 'alert'}, '⚠ ' + message.failure)));
}

// press sends a click; what Slack would show of a failure is shown. The button waits
// without being disabled, which would take the focus from it.
async function press(message, part, button) {
  if (button.ariaDisabled === 'true') return;
  button.ariaDisabled = 'true';
  failures.delete(message.ts);
  try {
    const got = await post('/control/click', {channel: message.channel, ts: message.ts, action_id: part.action_id, user: chosen.person});
    if (got.status !== 200) failures.set(message.ts, got.status ? `The app answered ${got.status}. Try again.` : 'The app did not answer in time. Try again.');
  } catch (refused) {
    failures.set(message.ts, refused.message);
  }
  button.ariaDisabled = null;
  drawSlack(scene);
}

function drawModal() {
  const dialog = document.getElementById('modal');
  const wanted = scene.views.filter((open) => open.user === chosen.person && !dismissed.has(open.id)).at(-1);
  if (!wanted) return dialog.open && dialog.close();
  if (dialog.open && dialog.dataset.view === wanted.id + wanted.view.hash) return;
  dialog.dataset.view = wanted.id + wanted.view.hash;
  document.getElementById('modal-title').replaceChildren(...textObject(wanted.view.title, names));
  document.getElementById('modal-blocks').replaceChildren(...blocks(wanted.view.blocks, names, () => {}));
  document.getElementById('modal-close').replaceChildren(...textObject(wanted.view.close ?? {text: 'Cancel'}, names));
  const submit = document.getElementById('modal-submit');
  submit.hidden = !wanted.view.submit;
  submit.replaceChildren(...textObject(wanted.view.submit, names));
  document.getElementById('modal-error').textContent = '';
  document.getElementById('modal-close').onclick = () => dialog.close();
  dialog.onclose = () => {
    dismissed.add(wanted.id);
    // What had the focus has it back, but no caret until it is focused anew.
    const back = document.activeElement;
    back.blur();
    back.focus({preventScroll: true});
  };
  document.getElementById('modal-form').onsubmit = (event) => {
    event.preventDefault();
    send(wanted, event.target);
  };
  if (!dialog.open) dialog.showModal();
}

async function send(open, form) {
  const say = (text) => { document.getElementById('modal-error').textContent = text; };
  for (const line of form.querySelectorAll('[data-fault]')) line.textContent = '';
  try {
    const got = await post('/control/submit', {view: open.id, user: open.user, values: values(form)});
    if (got.status !== 200) return say(`⚠ The app answered ${got.status || 'nothing in time'}. Try again.`);
    const answer = got.body.trim() ? JSON.parse(got.body) : {};
    for (const [block, text] of Object.entries(answer.errors ?? {})) {
      const line = [...form.querySelectorAll('[data-fault]')].find((node) => node.dataset.fault === block);
      if (line) line.textContent = text;
    }
  } catch (refused) {
    say('⚠ ' + refused.message);
  }
}

// A command is typed where the person is; before there is any conversation, to the app itself.
document.getElementById('slash').addEventListener('submit', async (event) => {
  event.preventDefault();
  const typing = event.target;
  const say = (text) => { document.getElementById('slash-failure').textContent = text; };
  const [, command, text = ''] = /^(\/\S+)\s*(.*)$/.exec(typing.elements.text.value.trim()) ?? [];
  if (!command) return say('⚠ Only commands can be typed here: /lastgood help');
  say('');
  try {
    const got = await post('/control/slash', {command, text, channel: chosen.conversation ?? chosen.person, user: chosen.person});
    if (got.status !== 200) return say(`⚠ ${command} failed with the error "${got.error}"`);
    typing.reset();
  } catch (refused) {
    say('⚠ ' + refused.message);
  }
});
