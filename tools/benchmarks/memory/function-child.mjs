/**
 * Simulates the life of a Lambda process. The arguments are `<bundle entry> <case> <warm-up invocations> <measured invocations>`. Writes
 * one line of JSON to file descriptor 3 with these fields: `start_ms`, the time from the process's start to its first response; `warm_ms`,
 * the wall time of each measured invocation; `processor_ms`, the CPU time per invocation; and `resident_mb`, the peak resident memory.
 */
import { writeSync } from 'node:fs';
import { CASES, context, logAsLambdaDoes } from '../lambda/events.mjs';

const [, , entry, name, warmUp, measured] = process.argv;
logAsLambdaDoes();
const { handler } = await import(entry);
const { event, isDone } = CASES[name];

async function invoke() {
  const startedAt = performance.now();
  const answer = await handler(event(), context());
  if (!isDone(answer)) throw new Error(JSON.stringify(answer));
  return performance.now() - startedAt;
}

await invoke();
const start_ms = performance.now();
for (let run = 0; run < Number(warmUp); run += 1) await invoke();
const before = process.cpuUsage();
const warm_ms = [];
for (let run = 0; run < Number(measured); run += 1) warm_ms.push(await invoke());
const { user, system } = process.cpuUsage(before);
const processor_ms = (user + system) / 1000 / Number(measured);
writeSync(
  3,
  `${JSON.stringify({ start_ms, warm_ms, processor_ms, resident_mb: process.resourceUsage().maxRSS / 1024 })}\n`,
);
process.exit(0);
