// jira.js judges the Jira: every answer is held against the response schemas
// that it generates from Atlassian's description of the API.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { judge } from './schemas.mjs';
import { start } from './simulator.mjs';
import { versioned } from './version.mjs';

// Makes the schemas strict and every mismatch an error. Read as the library loads.
process.env.AUDIT_SCHEMAS = 'true';
const jira = await import('jira.js/cloud');
const { createClient, isAuthError, isNetworkError, isNotFoundError, isRateLimitError, isServerError } = await import('jira.js/core');

// What a real Jira leaves out too, unless it is asked or has something to say.
const ofAnIssue = [
  'changelog', 'editmeta', 'fieldsToInclude', 'names', 'operations', 'properties', 'renderedFields', 'schema',
  'transitions', 'versionedRepresentations',
];
const ofAComment = ['jsdAuthorCanSeeRequest', 'properties', 'renderedBody', 'visibility'];
const ofAStatus = ['scope', 'untranslatedName'];
const ofAUser = ['applicationRoles', 'appType', 'expand', 'groups', 'guest', 'locale'];
const ofASite = [
  'defaultLocale', 'displayUrl', 'displayUrlCSMHelpSeeker', 'displayUrlConfluence', 'displayUrlServicedeskHelpCenter',
  'healthChecks', 'serverTimeZone',
];

describe(versioned('jira.js'), () => {
  let simulator;
  before(async () => {
    simulator = await start();
  });
  after(() => simulator.stop());

  const connect = (apiToken = 'simulator-jira-token') =>
    createClient({ host: `${simulator.url}/jira`, auth: { type: 'basic', email: 'lastgood@example.com', apiToken }, onSchemaMismatch: 'throw' });

  /** An issue of its own for a test. */
  const create = async (client, text, ...labels) => {
    const fields = { project: { key: 'OPS' }, issuetype: { name: 'Incident' }, summary: 'checkout fails', description: text('h2. Timeline'), labels };
    const created = await jira.createIssue(client, { fields });
    judge(jira.CreatedIssueSchema, created, 'transition', 'watchers');
    return created.key;
  };

  for (const [version, connectTo, text] of [['3', () => connect(), document], ['2', () => secondVersion(connect()), (plain) => plain]]) {
    describe(`version ${version}`, () => {
      test('an issue is created, shown and edited', async () => {
        const client = connectTo();
        const key = await create(client, text, 'INC-1');
        await jira.editIssue(client, { issueIdOrKey: key, update: { labels: [{ add: 'sev1' }] } });
        const issue = await jira.getIssue(client, { issueIdOrKey: key });
        judge(jira.IssueSchema, issue, ...ofAnIssue);
        const { fields } = issue;
        assert.deepEqual(fields.labels, ['INC-1', 'sev1']);
        judge(jira.StatusDetailsSchema, fields.status, ...ofAStatus);
        judge(jira.IssueTypeDetailsSchema, fields.issuetype, 'entityId', ...ofAStatus);
        judge(jira.PrioritySchema, fields.priority, 'avatarId', 'description', 'isDefault', 'schemes', 'statusColor');
        judge(jira.UserDetailsSchema, fields.creator);
        judge(jira.UserDetailsSchema, fields.reporter);
        judge(jira.DocumentSchema, fields.description);
        judge(jira.ProjectDetailsSchema, fields.project, 'projectCategory');
      });

      test('comments are added and listed', async () => {
        const client = connectTo();
        const key = await create(client, text);
        judge(jira.CommentSchema, await jira.addComment(client, { issueIdOrKey: key, body: text('*Paged* sre-1') }), ...ofAComment);
        judge(jira.CommentSchema, await jira.addComment(client, { issueIdOrKey: key, body: 'a string goes to version 2' }), ...ofAComment);
        const page = await jira.getComments(client, { issueIdOrKey: key, maxResults: 1 });
        judge(jira.PageOfCommentsSchema, page, ...ofAComment);
        assert.deepEqual([page.total, page.comments.length], [2, 1]);
      });

      test('a transition is made once', async () => {
        const client = connectTo();
        const key = await create(client, text);
        const plain = await jira.getTransitions(client, { issueIdOrKey: key });
        judge(jira.TransitionsSchema, plain, 'expand', 'fields', ...ofAStatus);
        const full = await jira.getTransitions(client, { issueIdOrKey: key, expand: 'transitions.fields' });
        judge(jira.TransitionsSchema, full, 'expand', ...ofAStatus);
        const move = () => jira.doTransition(client, { issueIdOrKey: key, transition: { id: full.transitions[0].id } });
        assert.equal(await move(), undefined);
        await assert.rejects(move, { status: 400 });
        const issue = await jira.getIssue(client, { issueIdOrKey: key, fields: ['status'] });
        assert.equal(issue.fields.status.statusCategory.key, 'indeterminate');
      });

      test('issues are searched page by page', async () => {
        const client = connectTo();
        const label = `INC-search-${version}`;
        const keys = [await create(client, text, label), await create(client, text, label)];
        const search = { jql: `labels = "${label}" ORDER BY created ASC`, fields: ['summary', 'status'], maxResults: 1 };
        const first = await jira.searchAndReconsileIssuesUsingJqlPost(client, search);
        judge(jira.SearchAndReconcileResultsSchema, first, 'warnings', ...ofAnIssue);
        judge(jira.StatusDetailsSchema, first.issues[0].fields.status, ...ofAStatus);
        const rest = await jira.searchAndReconsileIssuesUsingJql(client, { ...search, nextPageToken: first.nextPageToken });
        judge(jira.SearchAndReconcileResultsSchema, rest, 'warnings', 'nextPageToken', ...ofAnIssue);
        assert.deepEqual([first.issues[0].key, rest.issues[0].key], keys);
        assert.deepEqual([first.isLast, rest.isLast], [false, true]);
        await assert.rejects(jira.searchAndReconsileIssuesUsingJql(client, { jql: 'ORDER BY created' }), { status: 400 });
      });

      test('a remote link is replaced by its global ID', async () => {
        const client = connectTo();
        const key = await create(client, text);
        const link = { issueIdOrKey: key, globalId: 'incident=1', relationship: 'run', object: { url: 'http://127.0.0.1/run', title: 'the run' } };
        const made = await jira.createOrUpdateRemoteIssueLink(client, link);
        judge(jira.RemoteIssueLinkIdentifiesSchema, made);
        const again = await jira.createOrUpdateRemoteIssueLink(client, { ...link, relationship: undefined });
        assert.equal(again.id, made.id);
        const listed = await jira.getRemoteIssueLinks(client, { issueIdOrKey: key });
        assert.equal(listed.length, 1);
        judge(jira.RemoteIssueLinkSchema, listed[0], 'application', 'icon', 'relationship', 'status', 'summary');
      });

      test('a property is kept with an issue', async () => {
        const client = connectTo();
        const at = { issueIdOrKey: await create(client, text), propertyKey: 'incident' };
        await assert.rejects(jira.getIssueProperty(client, at), isNotFoundError);
        await jira.setIssueProperty(client, { ...at, body: { id: 'INC-1' } });
        judge(jira.EntityPropertySchema, await jira.getIssueProperty(client, at));
      });

      test('the site and its user are known', async () => {
        const client = connectTo();
        judge(jira.DashboardUserSchema, await jira.getCurrentUser(client), ...ofAUser);
        judge(jira.ServerInformationSchema, await jira.getServerInfo(client), ...ofASite);
      });
    });
  }

  test('what goes wrong is what the library takes it for', async () => {
    const client = connect();
    const read = () => jira.getIssue(client, { issueIdOrKey: 'OPS-1' });
    await assert.rejects(jira.getIssue(client, { issueIdOrKey: 'OPS-999' }), isNotFoundError);
    await assert.rejects(jira.getCurrentUser(connect('wrong')), isAuthError);
    await simulator.control('faults', { vendor: 'jira', status: 429, retry_after: 7, times: 1 });
    await assert.rejects(read, (error) => isRateLimitError(error) && error.retryAfterMs === 7000);
    await simulator.control('faults', { vendor: 'jira', status: 503, times: 1 });
    await assert.rejects(read, (error) => isServerError(error) && error.body.includes('<html>'));
    await simulator.control('faults', { vendor: 'jira', drop_response: true, times: 1 });
    await assert.rejects(read, isNetworkError);
    const fields = { project: { key: 'OPS' }, issuetype: { name: 'Nothing' }, summary: '' };
    await assert.rejects(jira.createIssue(client, { fields }), ({ status, body }) => {
      judge(jira.ErrorCollectionSchema, body, 'status');
      return status === 400 && 'issuetype' in body.errors && 'summary' in body.errors;
    });
  });

  test('the search of old is gone', async () => {
    const client = connect();
    for (const version of ['2', '3']) {
      const request = { method: 'GET', url: `/rest/api/${version}/search`, searchParams: { jql: 'project = OPS' } };
      await assert.rejects(client.sendRequest(request), { status: 410 });
    }
  });

  test('no answer had a field that is not documented', () => {
    // Under audit the library takes note of such fields and goes on.
    assert.deepEqual(globalThis[Symbol.for('apis-code-gen.schemaAudit')] ?? [], []);
  });
});

function document(text) {
  return { type: 'doc', version: 1, content: [{ type: 'paragraph', content: [{ type: 'text', text }] }] };
}

/**
 * A client of version 2, which the library itself no longer has. It differs from
 * version 3 in its texts alone: once they are documents, the same schemas hold.
 */
function secondVersion(client) {
  return {
    async sendRequest({ schema, ...request }) {
      const answer = await client.sendRequest({ ...request, url: request.url.replace('/rest/api/3/', '/rest/api/2/') });
      if (answer === undefined) return answer;
      const shown = withDocuments(answer);
      return schema ? schema.parse(shown) : shown;
    },
  };
}

function withDocuments(answer) {
  const replaced = (object, name) => (typeof object?.[name] === 'string' ? { ...object, [name]: document(object[name]) } : object);
  const comments = (page) => (page?.comments ? { ...page, comments: page.comments.map((each) => replaced(each, 'body')) } : page);
  const issue = (shown) => {
    if (!shown.fields) return shown;
    const fields = replaced(shown.fields, 'description');
    return { ...shown, fields: fields.comment ? { ...fields, comment: comments(fields.comment) } : fields };
  };
  if (Array.isArray(answer)) return answer;
  if (answer.issues) return { ...answer, issues: answer.issues.map(issue) };
  return issue(comments(replaced(answer, 'body')));
}
