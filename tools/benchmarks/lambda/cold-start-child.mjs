/**
 * Performs one cold start. With the arguments `<bundle entry> <case>`, imports the bundle and runs the first invocation. Without arguments,
 * does nothing. Writes the process's CPU time and the CPU time of the invocation to file descriptor 3, in milliseconds.
 */
import { writeSync } from 'node:fs';

const [, , entry, name] = process.argv;
let first = 0;
if (entry !== undefined) {
  const { CASES, context, logAsLambdaDoes } = await import('./events.mjs');
  logAsLambdaDoes();
  const { handler } = await import(entry);
  const { event, isDone } = CASES[name];
  const before = cpuMs();
  const answer = await handler(event(), context());
  first = cpuMs() - before;
  if (!isDone(answer)) {
    process.stderr.write(`${JSON.stringify(answer)}\n`);
    process.exit(1);
  }
}
writeSync(3, `${cpuMs()} ${first}`);
process.exit(0);

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
