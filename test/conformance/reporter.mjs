/** One line a judge, and all there is to say of what failed. */
export default async function* report(events) {
  const judged = new Map(); // file to how many tests passed and failed
  for await (const { type, data } of events) {
    if (type === 'test:stderr') yield data.message;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const suite = data.details.type === 'suite';
    const count = judged.get(data.file) ?? { passed: 0, failed: 0 };
    judged.set(data.file, count);
    if (!suite) {
      count[type === 'test:pass' ? 'passed' : 'failed']++;
      if (type === 'test:fail') yield failure(data);
    } else if (data.nesting === 0) {
      const seconds = (data.details.duration_ms / 1000).toFixed(1);
      yield count.failed
        ? `refused    ${data.name}: ${count.failed} of ${count.passed + count.failed} tests failed\n`
        : `agrees     ${data.name}: ${count.passed} tests in ${seconds} s\n`;
    }
  }
}

function failure({ name, file, line, details }) {
  const { cause = details.error } = details.error;
  const said = [cause.message ?? String(cause), cause.report && JSON.stringify(cause.report, null, 2)].filter(Boolean).join('\n');
  return `FAILED     ${name} (${file?.split('/').at(-1)}:${line})\n${said.replace(/^/gm, '           ')}\n`;
}
