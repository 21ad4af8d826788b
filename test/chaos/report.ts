import type { ChaosOptions, Outcome } from './run.ts';
import { FAILINGS, type Failing } from './verdict.ts';

/** The maximum number of job histories in the report. */
const SHOWN = 20;

export type Asked = Pick<ChaosOptions, 'jobs' | 'seed' | 'concurrency'>;

/** Counts how many times each promise was broken. */
export function totals({ findings }: Outcome): Record<Failing, number> {
  const counts = FAILINGS.map((failing) => [
    failing,
    findings.filter((each) => each.failing === failing).length,
  ]);
  return Object.fromEntries(counts) as Record<Failing, number>;
}

export function jsonReport(asked: Asked, outcome: Outcome): string {
  return `${JSON.stringify({ ...asked, ...totals(outcome), ...outcome }, undefined, 2)}\n`;
}

export function textReport({ jobs, seed, concurrency }: Asked, outcome: Outcome): string {
  const { client, seconds, settings, struck, downSeconds } = outcome;
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  const lines: [string, string][] = [
    [
      'seed',
      `${seed} (${jobs} jobs, ${concurrency} clients, JOB_BATCH_SIZE ${settings.JOB_BATCH_SIZE ?? ''})`,
    ],
    ['time', `${seconds.chaos.toFixed(1)} s of chaos, ${seconds.draining.toFixed(1)} s until all had ended`],
    [
      'requests',
      `${client.requests}: ${client.serverErrors} answered 5xx, ${client.throttled} 429, ${client.brokenConnections} broken`,
    ],
    [
      'submissions',
      `${client.submissions}: ${client.acknowledged} acknowledged, ${client.duplicates} of them duplicates, ${client.rejections} refused as such`,
    ],
    [
      'cancels, retries',
      `${client.cancels}, ${client.retries}; ${client.bulkChanges} in bulk; ${client.signals} signals`,
    ],
    ['faults struck', `${list(struck)}; of ${outcome.matchedCalls} calls`],
    ['cloud down', downSeconds.map((each) => `${each.toFixed(1)} s`).join(', ')],
    ['deployments', `${outcome.deployments}; ${outcome.handOvers} times jobs went on in an earlier version`],
    ['history', `${outcome.explained} responses explained by an order of the requests`],
    ['jobs', `${list(outcome.jobsByStatus)}; ${outcome.attempts} attempts`],
    ...Object.entries(totals(outcome)).map(([failing, count]): [string, string] => [failing, String(count)]),
  ];
  return lines.map(([name, value]) => `${name.padEnd(18)}${value}\n`).join('') + evidenceOf(outcome);
}

function evidenceOf({ findings, evidence }: Outcome): string {
  const rows = new Map(evidence.map((row) => [row.job_id, row]));
  const shown = findings.slice(0, SHOWN).map(({ failing, jobId, what }) => {
    const row = jobId === null ? undefined : rows.get(jobId);
    return `\n${failing}: ${jobId ?? ''} ${what}\n${row ? `  ${JSON.stringify(row)}\n` : ''}`;
  });
  const more = findings.length - shown.length;
  return shown.join('') + (more > 0 ? `\nand ${more} more\n` : '');
}
