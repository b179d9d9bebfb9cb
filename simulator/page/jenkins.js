// Jenkins: the queue, and the builds of each job with their console.
import {clock, el, keyed} from './dom.js';

const marks = {SUCCESS: '✓', FAILURE: '✗', UNSTABLE: '!', ABORTED: '■', NOT_BUILT: '–'};

export function drawJenkins(jenkins, now) {
  const list = document.getElementById('jobs');
  keyed(list, [...(jenkins.up ? [] : [{name: 'down'}]), ...jenkins.jobs.map((job) => ({
    ...job, queue: jenkins.queue.filter((item) => item.job === job.name),
    builds: job.builds.map((build) => ({...build, progress: progress(build, now)})).reverse(),
  }))], (job) => job.name, drawJob);
}

function progress(build, now) {
  if (!build.building || build.held) return undefined;
  const length = new Date(build.ends) - new Date(build.started);
  return Math.max(2, Math.min(99, Math.round(100 * (new Date(now) - new Date(build.started)) / length)));
}

function drawJob(job, old) {
  if (job.name === 'down') return el('p', {class: 'warn'}, 'Jenkins is starting and answers 503.');
  // The list of builds is handed on from one drawing to the next: an open console
  // keeps its place.
  const builds = old?.querySelector('ul') ?? el('ul', {class: 'rows'});
  keyed(builds, job.builds.map(({progress, ...build}) => build), (build) => build.number, drawBuild);
  for (const build of job.builds.filter((one) => one.progress !== undefined)) {
    builds.querySelector(`[data-build="${build.number}"] progress`).value = build.progress;
  }
  return el('div', {class: 'job'}, el('h3', {}, job.title, job.disabled && el('span', {class: 'quiet'}, ' disabled')),
    job.queue.map((item) => el('p', {class: 'quiet'}, `Waiting in the queue: ${parameters(item.parameters)}`)), builds);
}

function drawBuild(build) {
  const state = build.building ? 'running' : (build.result ?? '').toLowerCase();
  return el('li', {class: 'build ' + state, 'data-build': String(build.number)},
    el('details', {'data-focus': 'details' + build.number},
      el('summary', {'data-focus': 'build' + build.number},
        el('span', {class: 'mark', 'aria-hidden': 'true'}, build.building ? '…' : marks[build.result]),
        el('span', {class: 'number'}, '#' + build.number), el('strong', {}, build.release),
        el('span', {}, build.parameters.ENVIRONMENT ?? ''),
        build.parameters.INCIDENT_ID && el('span', {class: 'tag'}, build.parameters.INCIDENT_ID),
        el('span', {class: 'quiet right'}, build.building ? 'running' : build.result, ' · ', build.user, ' · ', clock(build.started))),
      (build.commits ?? []).map((commit) => el('p', {class: 'quiet'}, `${commit.author}: ${commit.message.split('\n')[0]}`)),
      el('p', {class: 'quiet'}, parameters(build.parameters)), el('pre', {}, build.console)),
    build.building && el('progress', {'aria-label': `Build ${build.number}`, max: '100'}));
}

function parameters(all) {
  return Object.entries(all).filter(([, value]) => value).map(([name, value]) => `${name}=${value}`).join(' · ');
}
