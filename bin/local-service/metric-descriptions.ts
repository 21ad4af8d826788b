import type { EmbeddedCloudOptions } from 'errand-local';
import { metricDescriptions as help } from '../../lambdas/metrics/descriptions.ts';
import { NAMESPACE } from '../../lambdas/metrics/metrics.ts';

/**
 * Descriptions of Errand's own metrics for `/metrics`. Passed to the embedded cloud, because packages/local knows nothing about Errand's metrics.
 */
export const metricDescriptions: NonNullable<EmbeddedCloudOptions['metricDescriptions']> = {
  [NAMESPACE]: { labels: ['service', 'queue', 'type'], help },
};
