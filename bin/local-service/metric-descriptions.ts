import type { EmbeddedCloudOptions } from 'errand-local';
import { metricDescriptions as help } from '../../lambdas/metrics/descriptions.ts';
import { NAMESPACE } from '../../lambdas/metrics/metrics.ts';

/**
 * Descriptions of Errand's own metrics for `/metrics`. They are passed to the embedded cloud, because packages/local knows nothing about
 * jobs.
 */
export const metricDescriptions: NonNullable<EmbeddedCloudOptions['metricDescriptions']> = {
  [NAMESPACE]: { labels: ['service', 'queue', 'type'], help },
};
