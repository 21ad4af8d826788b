/**
 * Measures the CPU time of warm invocations. The arguments are `<bundle entry> <case> <warm-up invocations> <measured invocations>`. Writes
 * one line of JSON with the milliseconds of user and system time per invocation to file descriptor 3.
 */
import { writeSync } from 'node:fs';
import { CASES, context, logAsLambdaDoes } from './events.mjs';

const [, , entry, name, warmUp, measured] = process.argv;
logAsLambdaDoes();
const { handler } = await import(entry);
const { event, isDone } = CASES[name];

async function invoke(times) {
  for (let run = 0; run < times; run += 1) {
    const answer = await handler(event(), context());
    if (!isDone(answer)) throw new Error(JSON.stringify(answer));
  }
}

await invoke(Number(warmUp));
const before = process.cpuUsage();
await invoke(Number(measured));
const { user, system } = process.cpuUsage(before);
writeSync(
  3,
  `${JSON.stringify({ user: user / 1000 / Number(measured), system: system / 1000 / Number(measured) })}\n`,
);
process.exit(0);
