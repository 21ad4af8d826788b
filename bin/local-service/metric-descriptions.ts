import type { EmbeddedCloudOptions } from 'errand-local';

/** What `/metrics` says of the service's own metrics: packages/local knows nothing of jobs. */
export const metricDescriptions: NonNullable<EmbeddedCloudOptions['metricDescriptions']> = {
  Errand: { labels: ['service', 'queue', 'type'], help: {} },
};
