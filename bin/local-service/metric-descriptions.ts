import type { EmbeddedCloudOptions } from 'errand-local';
import { metricDescriptions as help } from '../../lambdas/metrics/descriptions.ts';
import { NAMESPACE } from '../../lambdas/metrics/metrics.ts';

/** What `/metrics` says of the service's own metrics: packages/local knows nothing of jobs. */
export const metricDescriptions: NonNullable<EmbeddedCloudOptions['metricDescriptions']> = {
  [NAMESPACE]: { labels: ['service', 'queue', 'type'], help },
};
