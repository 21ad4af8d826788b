import type { Measurements, Times } from './measure.ts';

export interface ReportFacts {
  readonly region: string;
  /** The date, such as `2026-11-28`. */
  readonly date: string;
  /** The commit of the deployed code. */
  readonly commit: string;
  /** The emulator's URL; undefined for AWS. */
  readonly endpoint: string | undefined;
  readonly pauseMinutes: number;
}

/**
 * Returns the measurements page as Markdown. The page names the region and the commit, but not the account or the stack.
 */
export function reportText(measurements: Measurements, facts: ReportFacts): string {
  const { dataApi, coldStarts, submission, submitToSuccess, resume } = measurements;
  const rows: [string, Times | undefined][] = [
    ['`SELECT 1` by the Data API, from a Lambda function of 1,024 MB', dataApi],
    ['cold start of the api (Init Duration)', coldStarts.api],
    ['cold start of the worker (Init Duration)', coldStarts.worker],
    ['submission, from the machine that ran the test', submission],
    ['submit to success, by the times of the job', submitToSuccess],
  ];
  const where =
    facts.endpoint === undefined
      ? `Measured in AWS, in ${facts.region}, on ${facts.date}, at commit ${facts.commit}, by \`npm run test:aws\`.`
      : `**Measured in an emulator on this machine (${facts.endpoint}): these figures say nothing about AWS.** ${facts.date}, commit ${facts.commit}.`;
  return `# Measurements in AWS

${where}

| figure | p50, ms | p99, ms | measured |
| --- | --- | --- | --- |
${rows.map(([name, times]) => `| ${name} | ${cells(times)} |`).join('\n')}

${
  resume === undefined
    ? `The database did not pause within ${facts.pauseMinutes} minutes without a call, so its resume was not measured.`
    : `The first statement after a pause took ${(resume / 1_000).toFixed(1)} s.`
}
`;
}

function cells(times: Times | undefined): string {
  if (times === undefined) return 'not reported | not reported | 0';
  return `${times.p50.toFixed(0)} | ${times.p99.toFixed(0)} | ${times.count}`;
}
