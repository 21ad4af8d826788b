import type { EmbeddedCloudOptions } from 'errand-local';
import { metricDescriptions as help } from '../../lambdas/metrics/descriptions.ts';
import { NAMESPACE } from '../../lambdas/metrics/metrics.ts';

/** Descriptions of the service's own metrics at `/metrics`. They are passed in, because packages/local knows nothing about jobs. */
export const metricDescriptions: NonNullable<EmbeddedCloudOptions['metricDescriptions']> = {
  [NAMESPACE]: { labels: ['service', 'queue', 'type'], help },
};
