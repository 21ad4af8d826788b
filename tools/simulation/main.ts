import { Command } from 'commander';
import { DATA_API_MS, RESUME_SECONDS } from '../../lambdas/job/aurora-times.ts';
import { count, fraction, seconds } from '../arguments.ts';
import { simulateBurst, type Burst, type Outcome } from './burst.ts';
import { STATEMENT } from './database.ts';

// `npm run simulate` simulates how a burst drains. docs/scaling.md describes the model and its assumptions.

const ADVICE: Readonly<Record<Outcome['bottleneck'], string>> = {
  database:
    'the database. Raise JOB_BATCH_SIZE first (an execution needs two statements, whatever its size), then AURORA_MAX_ACU. A minimum above 0 saves the seconds that the database takes to wake up and grow.',
  concurrency: 'the number of workers. Raise JOB_PREFETCH, or JOB_BATCH_SIZE if handlers mostly wait.',
  reruns:
    "the visibility timeout: a crashed worker's jobs wait for it. Find out why workers crash; a shorter JOB_TIMEOUT shortens the wait.",
  pollers:
    "the growth of Lambda's pollers: 300 a minute, up to 1,250. Raise JOB_BATCH_SIZE; beyond that, pollers in provisioned mode or several stacks.",
};

interface Options extends Omit<Burst, 'database'> {
  readonly minAcu: number;
  readonly maxAcu: number;
  readonly statementMs: number;
  readonly rowMs: number;
  readonly dataApiMs: number;
  readonly resumeSeconds: number;
  readonly json?: boolean;
}

const program = new Command('simulate')
  .description('Simulates a burst of jobs in the stack, event by event, and names the first bottleneck.')
  .option('--jobs <n>', 'jobs in the queue', count(1, 10_000_000), 1_000_000)
  .option('--concurrency <n>', 'JOB_PREFETCH', count(1, 1000), 100)
  .option('--batch <n>', 'JOB_BATCH_SIZE', count(1, 10_000), 10)
  .option('--seconds <s>', 'how long a handler runs, on average', seconds, 0.1)
  .option('--visibility-timeout <s>', 'VISIBILITY_TIMEOUT', seconds, 56)
  .option('--crash-share <p>', 'the fraction of executions that crash', fraction, 0)
  .option('--max-attempts <n>', 'attempts of a job', count(1, 20), 2)
  .option('--min-acu <n>', 'AURORA_MIN_ACU', seconds, 0)
  .option('--max-acu <n>', 'AURORA_MAX_ACU', seconds, 4)
  .option('--statement-ms <ms>', 'CPU milliseconds per statement', seconds, STATEMENT.statementMilliseconds)
  .option(
    '--row-ms <ms>',
    'additional CPU milliseconds per job in the batch',
    seconds,
    STATEMENT.rowMilliseconds,
  )
  .option('--data-api-ms <ms>', 'how long a Data API call takes', seconds, DATA_API_MS.typical)
  .option(
    '--resume-seconds <s>',
    `how long a paused database takes to resume: ${RESUME_SECONDS.afterOneDay} or more after a pause of more than a day`,
    seconds,
    RESUME_SECONDS.typical,
  )
  .option('--seed <n>', 'the same seed gives the same run', count(0, 2 ** 32 - 1), 1)
  .option('--json', 'write JSON')
  .parse();

const { minAcu, maxAcu, statementMs, rowMs, dataApiMs, resumeSeconds, json, ...burst } =
  program.opts<Options>();
const outcome = simulateBurst({
  ...burst,
  database: {
    minimumCapacity: minAcu,
    maximumCapacity: maxAcu,
    statementMilliseconds: statementMs,
    rowMilliseconds: rowMs,
    roundTripMilliseconds: dataApiMs,
    resumeSeconds,
  },
});
process.stdout.write(json ? `${JSON.stringify(outcome, undefined, 2)}\n` : report(outcome));

function report(result: Outcome): string {
  const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
  const percent = (value: number): string => `${Math.round(value * 100)} %`;
  const lines: [string, string][] = [
    ['drained in', `${whole(result.drainSeconds)} s (${whole(burst.jobs / result.drainSeconds)} jobs/s)`],
    [
      'executions',
      `${whole(result.executions)}, ${whole(result.crashes)} of them crashed, ${whole(result.failed)} jobs failed`,
    ],
    ['throttled deliveries', whole(result.throttles)],
    [
      'Aurora statements',
      `${whole(result.statements)}: ${whole(result.statementsPerSecond.mean)}/s on average, ${whole(result.statementsPerSecond.peak)}/s at the peak`,
    ],
    [
      'age of a message',
      `median ${whole(result.messageAge.median)} s, oldest ${whole(result.messageAge.oldest)} s`,
    ],
    ['busy', `workers ${percent(result.busy.workers)}, database ${percent(result.busy.database)}`],
    ['first bottleneck', ADVICE[result.bottleneck]],
  ];
  return lines.map(([name, value]) => `${name.padEnd(22)}${value}\n`).join('');
}
