import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// A signal ends the process without its exit handlers, unless something takes it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

const binary = fileURLToPath(new URL('../../bin/lastgood', import.meta.url));

/**
 * Starts the simulator on a free port. Call stop when done: the test waits for
 * the process else. It does not outlive the test.
 */
export async function start(...flags) {
  const child = spawn(binary, ['simulator', '--listen', '127.0.0.1:0', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const url = await ready(child);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    url,
    /** Posts an order to the control API and returns its answer. */
    async control(path, order) {
      const response = await fetch(`${url}/control/${path}`, { method: 'POST', body: JSON.stringify(order ?? {}) });
      const text = await response.text();
      if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
      return text === '' ? null : JSON.parse(text);
    },
    /** The details of all effects of a kind. */
    async ledger(vendor, effect) {
      const response = await fetch(`${url}/control/ledger?vendor=${vendor}&effect=${effect}`);
      return (await response.json()).map((entry) => entry.detail);
    },
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

async function ready(child) {
  const failed = new Promise((_, reject) => {
    child.once('error', (cause) => reject(new Error(`start ${binary}; make build makes it`, { cause })));
    child.once('exit', (code) => reject(new Error(`the simulator ended with ${code} before it was ready`)));
  });
  failed.catch(() => {}); // also when it ends later, as it should
  const said = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      const [, url] = /^ready +simulator +(\S+)/.exec(line) ?? [];
      if (url) return url;
    }
    return failed;
  })();
  return Promise.race([said, failed]);
}
