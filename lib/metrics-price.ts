import { Annotations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Catalogue } from '../lambdas/job/catalogue.ts';
import type { ResolvedSettings } from './settings/table.ts';

/**
 * The monthly price of a job type's ten metrics if jobs of that type run in every hour, in dollars. https://aws.amazon.com/cloudwatch/pricing/
 */
const TYPE_PRICE = 3;

/** The number of job types above which the synth warns. Above this number, the metrics cost more than the rest of Errand usually does. */
const MANY_TYPES = 50;

/** Warns about the price of `METRICS=types` with many job types. */
export function warnOfMetricsPrice(
  scope: Construct,
  { metrics }: Pick<ResolvedSettings, 'metrics'>,
  catalogue: Catalogue | undefined,
): void {
  const types = catalogue?.jobs.length ?? 0;
  if (metrics !== 'types' || types <= MANY_TYPES) return;
  Annotations.of(scope).addWarningV2(
    'errand:metrics-price',
    `metrics (METRICS) is "types", but the jobs file has ${types} job types: CloudWatch charges up to $${types * TYPE_PRICE} a month for their ` +
      `metrics, $${TYPE_PRICE} for each type with jobs in every hour. Set metrics (METRICS) to "queues", or acknowledge this warning.`,
  );
}
