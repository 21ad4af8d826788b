import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Stack } from 'aws-cdk-lib/core';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Errand, type ErrandProps } from '../../lib/errand.ts';
import { PRICES } from '../../tools/cost/prices.ts';
import { ASSUMPTIONS } from '../../tools/cost/workload.ts';
import { unbundledApp } from './errand-template.ts';

/** A folder in which jobs files can import `errand/jobs` and `zod`. */
const FOLDER = path.resolve(import.meta.dirname, '../jobs-files');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(FOLDER, 'many-types-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function warningsOf(types: number, metrics: ErrandProps['metrics']): readonly unknown[] {
  const jobs = path.join(folder, `${types}.ts`);
  const exports = Array.from(
    { length: types },
    (_, index) =>
      `export const job${index} = job('job-${index}', { payload: z.object({}), run: () => null });`,
  );
  writeFileSync(
    jobs,
    ["import { job } from 'errand/jobs';", "import * as z from 'zod';", ...exports].join('\n'),
  );
  const stack = new Stack(unbundledApp(), 'Test');
  new Errand(stack, 'Errand', { jobs, ...(metrics && { metrics }) });
  return Annotations.fromStack(stack)
    .findWarning('/Test/Errand', Match.stringLikeRegexp('METRICS'))
    .map(({ entry }) => entry.data);
}

describe('the metrics of many job types', () => {
  it('cause a warning at synth with the setting and the monthly price', () => {
    const price = 51 * ASSUMPTIONS.metricsEach * PRICES.customMetricMonth;
    expect(warningsOf(51, 'types')).toEqual([
      'metrics (METRICS) is "types", but the jobs file has 51 job types: CloudWatch charges up to ' +
        `$${Math.round(price)} a month for their metrics, $3 for each type with jobs in every hour. ` +
        'Set metrics (METRICS) to "queues", or acknowledge this warning. [ack: errand:metrics-price]',
    ]);
  });

  it.each([
    [50, 'types'],
    [51, 'queues'],
    [51, undefined],
  ] as const)('cause no warning with %d types and metrics %s', (types, metrics) => {
    expect(warningsOf(types, metrics)).toEqual([]);
  });
});
