// Bolt judges what Slack sends to an app: it checks the signatures, reads the
// payloads, finds the handler for each, and declares their types.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import bolt from '@slack/bolt';
import { silent } from './silent.mjs';
import { start } from './simulator.mjs';
import { TypeJudge } from './types.mjs';
import { versioned } from './version.mjs';

const { App, HTTPReceiver, SocketModeReceiver } = bolt;

const token = 'xoxb-simulator';
const signingSecret = 'simulator-signing-secret';
const endpoints = ['/slack/interactions', '/slack/commands'];
const text = (of) => ({ type: 'plain_text', text: of });
const buttons = [{ type: 'actions', block_id: 'answer', elements: [
  { type: 'button', action_id: 'acknowledge', value: 'INC-1', style: 'primary', text: text('Acknowledge') },
  { type: 'button', action_id: 'choose-release', value: 'INC-1', text: text('Choose a release') },
] }];
const modal = {
  type: 'modal', callback_id: 'roll-back', private_metadata: 'INC-1', title: text('Roll back'), submit: text('Go'),
  blocks: [{ type: 'input', block_id: 'release', label: text('Release'), element: {
    type: 'static_select', action_id: 'pick', options: [{ text: text('2026.11.3'), value: '2026.11.3' }],
  } }],
};

describe(versioned('@slack/bolt'), () => {
  const types = new TypeJudge();
  let receiver;
  let simulator;
  let app;
  const heard = []; // what the handlers got, newest last
  const last = () => heard.at(-1);

  before(async () => {
    // Bolt gives up on its own after three seconds as well: Slack is to be first.
    receiver = new HTTPReceiver({ signingSecret, endpoints, logger: silent, unhandledRequestTimeoutMillis: 10_000 });
    const server = await receiver.start(0);
    simulator = await start('--starter', `http://127.0.0.1:${server.address().port}`);
    app = appOn(simulator, receiver);
    listen(app, heard);
  });
  after(async () => {
    await receiver.stop();
    await simulator.stop();
  });

  const post = (channel) => app.client.chat.postMessage({ channel, text: 'checkout fails', blocks: buttons });
  const click = ({ channel, ts }, action) => simulator.control('click', { channel, ts, action_id: action, user: 'U0SRE1' });

  test('a click is verified, understood and answered', async () => {
    const card = await post('C1');
    assert.deepEqual(await click(card, 'acknowledge'), { status: 200, body: '' });
    const { body, payload } = last();
    types.has('@slack/bolt', 'BlockAction<ButtonAction>', body);
    assert.deepEqual([payload.type, payload.action_id, payload.value, payload.block_id], ['button', 'acknowledge', 'INC-1', 'answer']);
    assert.deepEqual([body.user.id, body.container.message_ts, body.message.ts], ['U0SRE1', card.ts, card.ts]);
    const [whispered] = await simulator.ledger('slack', 'ephemeral');
    assert.equal(whispered.text, 'taken', 'Bolt used the response URL');
  });

  test('a click opens a modal, whose submission is understood', async () => {
    await click(await post('C2'), 'choose-release');
    assert.equal(last().opened.view.callback_id, 'roll-back');
    types.hasOnly('@slack/web-api', 'ViewsOpenResponse', last().opened);
    const submit = () => simulator.control('submit', { user: 'U0SRE1', values: { release: { pick: '2026.11.3' } } });
    assert.match((await submit()).body, /"response_action":"errors"/);
    assert.deepEqual(await submit(), { status: 200, body: '' }, 'the first was kept open, the second closes it');
    const { body, payload } = last();
    types.has('@slack/bolt', 'ViewSubmitAction', body);
    assert.equal(payload.private_metadata, 'INC-1');
    assert.equal(payload.state.values.release.pick.selected_option.value, '2026.11.3');
    await assert.rejects(submit, /404/);
  });

  test('a modal is replaced unless somebody was faster', async () => {
    await click(await post('C3'), 'choose-release');
    const { id, hash } = last().opened.view;
    const updated = await app.client.views.update({ view_id: id, hash, view: modal });
    assert.notEqual(updated.view.hash, hash);
    types.hasOnly('@slack/web-api', 'ViewsUpdateResponse', updated);
    const late = app.client.views.update({ view_id: id, hash, view: modal });
    await assert.rejects(late, ({ data }) => data.error === 'hash_conflict');
  });

  test('a slash command is verified, understood and answered', async () => {
    const got = await simulator.control('slash', { command: '/lastgood', text: 'who', channel: 'C4', user: 'U0SRE1' });
    assert.equal(got.status, 200);
    types.has('@slack/bolt', 'SlashCommand', last().body);
    assert.deepEqual([last().payload.text, last().payload.channel_id, last().payload.user_name], ['who', 'C4', 'sre1']);
    assert.equal((await simulator.ledger('slack', 'ephemeral')).at(-1).text, 'sre-1 is on call');
  });

  test('a shortcut on a message is understood', async () => {
    const card = await post('C5');
    const got = await simulator.control('shortcut', { callback_id: 'add-note', channel: 'C5', ts: card.ts, user: 'U0SRE1' });
    assert.deepEqual(got, { status: 200, body: '' });
    types.has('@slack/bolt', 'MessageShortcut', last().body);
    assert.equal(last().payload.message.ts, card.ts);
  });

  test('what nobody acknowledges has failed after three seconds', async () => {
    const [before, began] = [heard.length, performance.now()];
    const got = await simulator.control('slash', { command: '/unheard', channel: 'C4', user: 'U0SRE1' });
    assert.match(got.error, /^operation_timeout/);
    assert.ok(performance.now() - began > 2900);
    assert.equal(heard.length, before);
  });

  test('a signature with another secret is refused', async () => {
    const strict = new HTTPReceiver({ signingSecret: 'another secret', endpoints, logger: silent });
    const server = await strict.start(0);
    const other = await start('--starter', `http://127.0.0.1:${server.address().port}`);
    try {
      listen(appOn(other, strict), heard);
      const before = heard.length;
      const got = await other.control('slash', { command: '/lastgood', channel: 'C1', user: 'U0SRE1' });
      assert.equal(got.status, 401);
      assert.equal(heard.length, before);
    } finally {
      await strict.stop();
      await other.stop();
    }
  });

  test('over Socket Mode the same handlers get the same', async () => {
    const own = await start('--starter', 'http://127.0.0.1:1'); // nothing listens there
    const clientOptions = { slackApiUrl: `${own.url}/slack/api/` };
    const socket = new SocketModeReceiver({ appToken: 'xapp-simulator', logger: silent, installerOptions: { clientOptions } });
    try {
      const overSocket = appOn(own, socket);
      listen(overSocket, heard);
      await overSocket.start();
      const card = await overSocket.client.chat.postMessage({ channel: 'C1', text: 'card', blocks: buttons });
      const clicked = await own.control('click', { channel: 'C1', ts: card.ts, action_id: 'acknowledge', user: 'U0SRE1' });
      assert.deepEqual(clicked, { status: 200, body: '' });
      types.has('@slack/bolt', 'BlockAction<ButtonAction>', last().body);
      const asked = await own.control('slash', { command: '/lastgood', text: 'who', channel: 'C1', user: 'U0SRE1' });
      assert.equal(asked.status, 200);
      types.has('@slack/bolt', 'SlashCommand', last().body);
      assert.equal((await own.ledger('slack', 'ephemeral')).at(-1).text, 'sre-1 is on call');
    } finally {
      await socket.stop();
      await own.stop();
    }
  });

  test('every payload is of the type that the library declares', () => {
    assert.ok(types.decide() >= 8);
  });
});

function appOn(simulator, receiver) {
  return new App({ token, receiver, logger: silent, clientOptions: { slackApiUrl: `${simulator.url}/slack/api/`, retryConfig: { retries: 0 } } });
}

/** Registers a handler for each kind, which notes what it got once it has done its work. */
function listen(app, heard) {
  let refusals = 1;
  app.action('acknowledge', async ({ ack, body, payload, respond }) => {
    await respond({ text: 'taken', replace_original: false });
    heard.push({ body, payload });
    await ack();
  });
  app.action('choose-release', async ({ ack, body, client }) => {
    const opened = await client.views.open({ trigger_id: body.trigger_id, view: modal });
    heard.push({ body, opened });
    await ack();
  });
  app.view('roll-back', async ({ ack, body, payload }) => {
    heard.push({ body, payload });
    await (refusals-- > 0 ? ack({ response_action: 'errors', errors: { release: 'it is held' } }) : ack());
  });
  app.command('/lastgood', async ({ ack, body, payload }) => {
    heard.push({ body, payload });
    await ack({ response_type: 'ephemeral', text: 'sre-1 is on call' });
  });
  app.shortcut('add-note', async ({ ack, body, payload }) => {
    heard.push({ body, payload });
    await ack();
  });
}
