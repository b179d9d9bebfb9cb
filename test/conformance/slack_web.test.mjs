// @slack/web-api judges the Web API: its calls, its reading of errors, and the
// types that it generates from what Slack answers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ErrorCode, WebClient } from '@slack/web-api';
import { silent } from './silent.mjs';
import { start } from './simulator.mjs';
import { TypeJudge } from './types.mjs';
import { versioned } from './version.mjs';

const button = { type: 'button', action_id: 'acknowledge', value: 'INC-1', text: { type: 'plain_text', text: 'Acknowledge' } };
// Of block types that the library has seen in answers; it has seen no header.
const blocks = [
  { type: 'section', text: { type: 'mrkdwn', text: '*More than 5%*' }, fields: [{ type: 'mrkdwn', text: 'since 9:00' }] },
  { type: 'actions', block_id: 'answer', elements: [button] },
];
const metadata = { event_type: 'incident_page', event_payload: { incident: 'INC-1', seq: 1 } };

describe(versioned('@slack/web-api'), () => {
  const types = new TypeJudge();
  /** Nothing in an answer that the type does not know; and the fields named, which the types all call optional. */
  const judge = (type, answer, ...paths) => {
    types.hasOnly('@slack/web-api', type, answer);
    const absent = paths.filter((path) => path.split('.').reduce((within, name) => within?.[name], answer) === undefined);
    assert.deepEqual(absent, [], `fields are missing in a ${type}`);
    return answer;
  };
  let simulator;
  before(async () => {
    simulator = await start();
  });
  after(() => simulator.stop());

  const connect = (token = 'xoxb-simulator', more = {}) => {
    const patience = { retryConfig: { retries: 0 }, rejectRateLimitedCalls: true };
    return new WebClient(token, { slackApiUrl: `${simulator.url}/slack/api/`, logger: silent, ...patience, ...more });
  };
  const refused = (word) => ({ code, data }) => code === ErrorCode.PlatformError && data.ok === false && data.error === word;

  test('a message is posted, edited and found again', async () => {
    const slack = connect();
    const posted = await slack.chat.postMessage({ channel: 'C1', text: 'checkout fails', blocks, metadata });
    judge('ChatPostMessageResponse', posted, 'channel', 'ts', 'message.type', 'message.ts', 'message.text', 'message.user',
      'message.bot_id', 'message.app_id', 'message.team', 'message.blocks.1.elements.0.action_id');
    assert.match(posted.ts, /^\d{10}\.\d{6}$/);
    assert.equal(posted.message.blocks[1].block_id, 'answer');
    const updated = await slack.chat.update({ channel: posted.channel, ts: posted.ts, text: 'acknowledged', blocks: [] });
    judge('ChatUpdateResponse', updated, 'channel', 'ts', 'text', 'message.type', 'message.user', 'message.edited.ts');
    assert.deepEqual([updated.ts, updated.text, updated.message.text], [posted.ts, 'acknowledged', 'acknowledged']);
    await slack.chat.postMessage({ channel: 'C1', thread_ts: posted.ts, text: 'in the thread' });

    const history = await slack.conversations.history({ channel: 'C1', include_all_metadata: true });
    judge('ConversationsHistoryResponse', history, 'has_more', 'pin_count', 'response_metadata.next_cursor', 'messages.0.ts',
      'messages.0.thread_ts', 'messages.0.latest_reply', 'messages.0.metadata.event_type');
    assert.equal(history.messages[0].metadata.event_payload.incident, 'INC-1');
    assert.equal(history.messages[0].reply_count, 1);
    const thread = await slack.conversations.replies({ channel: 'C1', ts: posted.ts });
    judge('ConversationsRepliesResponse', thread, 'has_more', 'messages.1.thread_ts', 'messages.1.user');
    assert.deepEqual(thread.messages.map((message) => message.text), ['acknowledged', 'in the thread']);
  });

  test('history comes in pages', async () => {
    const slack = connect();
    for (const text of ['1', '2', '3']) await slack.chat.postMessage({ channel: 'C2', text });
    const texts = [];
    for await (const page of slack.paginate('conversations.history', { channel: 'C2', limit: 2 })) {
      texts.push(...page.messages.map((message) => message.text));
    }
    assert.deepEqual(texts, ['3', '2', '1']);
  });

  test('a message goes to one user', async () => {
    const slack = connect();
    const opened = await slack.conversations.open({ users: 'U0SRE1' });
    judge('ConversationsOpenResponse', opened, 'channel.id');
    const page = await slack.chat.postMessage({ channel: 'U0SRE1', text: 'page' });
    assert.equal(page.channel, opened.channel.id);
    const whispered = await slack.chat.postEphemeral({ channel: 'C1', user: 'U0SRE1', text: 'only you' });
    judge('ChatPostEphemeralResponse', whispered, 'message_ts');
    await assert.rejects(slack.chat.update({ channel: 'C1', ts: whispered.message_ts, text: 'x' }), refused('message_not_found'));
  });

  test('people are known', async () => {
    const slack = connect();
    const user = await slack.users.info({ user: 'U0SRE1' });
    judge('UsersInfoResponse', user, 'user.id', 'user.name', 'user.real_name', 'user.tz', 'user.tz_offset', 'user.deleted',
      'user.is_bot', 'user.profile.display_name');
    const found = await slack.users.lookupByEmail({ email: user.user.profile.email });
    judge('UsersLookupByEmailResponse', found, 'user.id', 'user.profile.email');
    assert.equal(found.user.id, 'U0SRE1');
    const self = await slack.auth.test();
    judge('AuthTestResponse', self, 'url', 'team', 'team_id', 'user', 'user_id', 'bot_id', 'is_enterprise_install');
    assert.ok(self.response_metadata.scopes.includes('chat:write'));
    await assert.rejects(slack.users.info({ user: 'nobody' }), refused('user_not_found'));
    await assert.rejects(slack.users.lookupByEmail({ email: 'nobody@example.org' }), refused('users_not_found'));
    await assert.rejects(slack.usergroups.users.list({ usergroup: 'S1' }), refused('no_such_subteam'));
  });

  test('a channel is made for an incident', async () => {
    const slack = connect();
    const created = await slack.conversations.create({ name: 'inc-261123-a' });
    judge('ConversationsCreateResponse', created, 'channel.id', 'channel.name', 'channel.is_private', 'channel.is_archived',
      'channel.created', 'channel.creator');
    const channel = created.channel.id;
    judge('ConversationsInviteResponse', await slack.conversations.invite({ channel, users: 'U0SRE1' }), 'channel.id');
    judge('ConversationsInfoResponse', await slack.conversations.info({ channel }), 'channel.name', 'channel.is_member');
    await assert.rejects(slack.conversations.invite({ channel, users: 'U0SRE1' }), refused('already_in_channel'));
    judge('ConversationsArchiveResponse', await slack.conversations.archive({ channel }));
    await assert.rejects(slack.conversations.create({ name: 'inc-261123-a' }), refused('name_taken'));
    await assert.rejects(slack.chat.postMessage({ channel, text: 'late' }), refused('is_archived'));
  });

  test('Socket Mode needs the token of the app', async () => {
    const opened = await connect('xapp-simulator').apps.connections.open();
    judge('AppsConnectionsOpenResponse', opened, 'url');
    assert.match(opened.url, /^ws:/);
    await assert.rejects(connect().apps.connections.open(), refused('not_allowed_token_type'));
  });

  test('a refusal is what the library takes it for', async () => {
    const slack = connect();
    await assert.rejects(connect('xoxb-other').auth.test(), refused('invalid_auth'));
    await assert.rejects(slack.chat.postMessage({ channel: '#checkout', text: 'x' }), refused('channel_not_found'));
    const view = { type: 'modal', title: { type: 'plain_text', text: 'x' }, blocks: [] };
    await assert.rejects(slack.views.open({ trigger_id: '1.2', view }), refused('invalid_trigger_id'));
    const wide = [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }];
    await assert.rejects(slack.chat.postMessage({ channel: 'C1', text: 'x', blocks: wide }), ({ code, data }) => {
      assert.match(data.response_metadata.messages[0], /^\[ERROR\] .*\[json-pointer:\/blocks\/0\/text\/text\]$/);
      return code === ErrorCode.PlatformError && data.error === 'invalid_blocks';
    });
  });

  test('a limit says how long to wait, and waiting helps', async () => {
    const slack = connect();
    const post = (client) => client.chat.postMessage({ channel: 'C3', text: 'x' });
    const burst = async () => {
      for (let i = 0; i < 20; i++) await post(slack);
    };
    await assert.rejects(burst, { code: ErrorCode.RateLimitedError, retryAfter: 1 });
    assert.equal((await post(connect(undefined, { rejectRateLimitedCalls: false, retryConfig: { retries: 1 } }))).ok, true);
  });

  test('an outage and a lost answer are what the library takes them for', async () => {
    const slack = connect();
    const post = () => slack.chat.postMessage({ channel: 'C4', text: 'x' });
    await simulator.control('faults', { vendor: 'slack', status: 503, times: 1 });
    await assert.rejects(post, ({ code, statusCode, body }) => code === ErrorCode.HTTPError && statusCode === 503 && body.includes('<html>'));
    await simulator.control('faults', { vendor: 'slack', drop_response: true, times: 1 });
    await assert.rejects(post, { code: ErrorCode.RequestError });
    const arrived = (await simulator.ledger('slack', 'message')).filter(({ channel }) => channel === 'C4');
    assert.equal(arrived.length, 1);
  });

  test('every answer is of the type that the library declares', () => {
    assert.ok(types.decide() >= 13);
  });
});
