// The npm package jenkins judges the Jenkins: a second client, with its own
// idea of addresses, crumbs, redirects and errors.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import Jenkins from 'jenkins';
import { start } from './simulator.mjs';
import { versioned } from './version.mjs';

const job = 'deploy/checkout';

describe(versioned('jenkins'), () => {
  let simulator;
  let jenkins;
  before(async () => {
    simulator = await start('--build', '300ms');
    jenkins = connect('lastgood:simulator-jenkins-token');
  });
  after(() => simulator.stop());

  const connect = (login) => new Jenkins({ baseUrl: `${simulator.url.replace('//', `//${login}@`)}/jenkins`, crumbIssuer: true });
  const trigger = (version, { environment = 'production', ...options } = {}) => {
    const parameters = { VERSION: version, ENVIRONMENT: environment, INCIDENT_ID: 'INC-1/1' };
    return jenkins.job.build({ name: job, parameters, ...options });
  };
  const script = (more) => simulator.control('jenkins/script', { job, ...more });

  /** Asks again until the answer is what is waited for. */
  const until = async (ask, is) => {
    for (let left = 200; left > 0; left--) {
      const answer = await ask();
      if (is(answer)) return answer;
      await delay(20);
    }
    assert.fail('waited for 4 s');
  };
  const numberOf = async (id) => (await until(() => jenkins.queue.item(id), (item) => item.executable)).executable.number;
  const finished = (number) => until(() => jenkins.build.get(job, number), (build) => !build.building);

  test('the controller, its folders and jobs are known', async () => {
    const info = await jenkins.info();
    assert.deepEqual([info._class, info.jobs[0].name], ['hudson.model.Hudson', 'deploy']);
    assert.equal(await jenkins.job.exists(job), true);
    assert.equal(await jenkins.job.exists('deploy/nothing'), false);
    const got = await jenkins.job.get(job);
    assert.deepEqual([got.fullName, got.buildable, got.lastSuccessfulBuild.number], [job, true, 5]);
    assert.deepEqual(got.property[0].parameterDefinitions.map((each) => each.name), ['VERSION', 'ENVIRONMENT', 'INCIDENT_ID']);
  });

  test('a build goes from the queue to its result', async () => {
    await script({ release: '2026.11.1', hold: true });
    const id = await trigger('2026.11.1', { delay: '1sec' });
    const waiting = await jenkins.queue.item(id);
    assert.equal(waiting._class, 'hudson.model.Queue$WaitingItem');
    assert.ok((await jenkins.queue.list()).some((item) => item.id === id));
    const number = await numberOf(id);
    const running = await jenkins.build.get(job, number);
    assert.deepEqual([running.building, running.result, running.queueId], [true, null, id]);
    await simulator.control('jenkins/finish', { job });
    const build = await finished(number);
    assert.deepEqual([build.result, build.number], ['SUCCESS', number]);
    const { parameters } = build.actions.find((action) => action._class === 'hudson.model.ParametersAction');
    const given = Object.fromEntries(parameters.map(({ name, value }) => [name, value]));
    assert.deepEqual(given, { VERSION: '2026.11.1', ENVIRONMENT: 'production', INCIDENT_ID: 'INC-1/1' });
    assert.deepEqual([Array.isArray(build.changeSets), typeof build.duration, typeof build.timestamp], [true, 'number', 'number']);
  });

  test('the log is streamed to its end', async () => {
    const number = await numberOf(await trigger('2026.11.2'));
    const parts = [];
    const stream = jenkins.build.logStream(job, number, { type: 'text', delay: 50 });
    stream.on('data', (part) => parts.push(part));
    await new Promise((resolve, reject) => stream.once('end', resolve).once('error', reject));
    const { text, more, size } = await jenkins.build.log({ name: job, number, start: 0, meta: true });
    assert.equal(parts.join(''), text);
    assert.match(text, /Finished: SUCCESS\n$/);
    assert.deepEqual([more, Number(size)], [false, text.length]);
  });

  test('the same request twice is one item, and a redirect that the library does not take', async () => {
    await script({ release: 'running', hold: true }); // while it runs, others wait
    const running = await numberOf(await trigger('running'));
    const id = await trigger('2026.11.3');
    await assert.rejects(trigger('2026.11.3'), (error) => error.res.statusCode === 303 && error.res.headers.location.endsWith(`/queue/item/${id}/`));
    await jenkins.build.stop(job, running);
    await finished(await numberOf(id));
    assert.notEqual(await trigger('2026.11.3'), id, 'once it has been built it is a new request');
  });

  test('a build is stopped, also one that survives that', async () => {
    await script({ release: 'held', hold: true });
    const number = await numberOf(await trigger('held'));
    await jenkins.build.stop(job, number);
    assert.equal((await finished(number)).result, 'ABORTED');
    await script({ release: 'stubborn', hold: true, survives: 'stop' });
    const stubborn = await numberOf(await trigger('stubborn'));
    await jenkins.build.stop(job, stubborn);
    assert.equal((await jenkins.build.get(job, stubborn)).building, true);
    await assert.rejects(jenkins.build.term(job, stubborn), { message: /found/ }, 'the library takes the way back to the page for a fault');
    assert.equal((await finished(stubborn)).result, 'ABORTED');
  });

  test('an item is cancelled', async () => {
    const id = await jenkins.job.build({ name: job, parameters: { VERSION: 'cancelled' }, delay: '5sec' });
    await jenkins.queue.cancel(id);
    const item = await jenkins.queue.item(id);
    assert.deepEqual([item._class, item.cancelled, item.executable], ['hudson.model.Queue$LeftItem', true, null]);
  });

  test('a disabled job takes no builds', async () => {
    await jenkins.job.disable(job);
    assert.equal((await jenkins.job.get(job)).buildable, false);
    await assert.rejects(trigger('2026.11.1'), (error) => error.res.statusCode === 409);
    await jenkins.job.enable(job);
    assert.equal((await jenkins.job.get(job)).buildable, true);
  });

  test('a refusal is what the library takes it for', async () => {
    const status = (code) => (error) => error.res.statusCode === code && error.res.headers['content-type'].startsWith('text/html');
    await assert.rejects(jenkins.job.build({ name: job }), status(400), 'parameters are wanted');
    await assert.rejects(connect('lastgood:wrong').info(), status(401));
    await assert.rejects(new Jenkins({ baseUrl: `${simulator.url}/jenkins` }).info(), status(403));
    await assert.rejects(jenkins.job.get('deploy/nothing'), { notFound: true });
    await assert.rejects(jenkins.build.get(job, 999), { notFound: true });
    await assert.rejects(jenkins.queue.item(999), status(404));
    await assert.rejects(trigger('1', { environment: 'moon' }), status(500));
    await simulator.control('jenkins/restart', { down: '1s' });
    await assert.rejects(jenkins.info(), status(503));
    await until(() => jenkins.info().catch(() => null), (info) => info);
  });
});
