import type { EmbeddedCloudOptions } from 'errand-local';
import { metricDescriptions as help } from '../../lambdas/metrics/descriptions.ts';
import { NAMESPACE } from '../../lambdas/metrics/metrics.ts';

/** The descriptions of the service's own metrics at `/metrics`, because packages/local knows nothing about jobs. */
export const metricDescriptions: NonNullable<EmbeddedCloudOptions['metricDescriptions']> = {
  [NAMESPACE]: { labels: ['service', 'queue', 'type'], help },
};
