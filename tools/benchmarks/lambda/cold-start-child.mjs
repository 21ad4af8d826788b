/**
 * Performs one cold start. With the arguments `<bundle entry> <case>`, imports the bundle and runs the first invocation. Without arguments,
 * does nothing. Writes the process's CPU time in milliseconds to file descriptor 3.
 */
import { writeSync } from 'node:fs';

const [, , entry, name] = process.argv;
if (entry !== undefined) {
  const { CASES, context, logAsLambdaDoes } = await import('./events.mjs');
  logAsLambdaDoes();
  const { handler } = await import(entry);
  const { event, isDone } = CASES[name];
  const answer = await handler(event(), context());
  if (!isDone(answer)) {
    process.stderr.write(`${JSON.stringify(answer)}\n`);
    process.exit(1);
  }
}
const { user, system } = process.cpuUsage();
writeSync(3, String((user + system) / 1000));
process.exit(0);
