import { oneOf } from './kinds.ts';
import { setting } from './setting.ts';

/** Settings for metrics. */
export const metricsSettings = {
  metrics: setting({
    text:
      'Which metrics the functions publish to CloudWatch: one set per queue (`queues`), per queue and job type (`types`), or ' +
      'none (`off`). CloudWatch prorates the price of each metric by the hours in which it receives data: see [Metrics](metrics.md#cost).',
    kind: oneOf(['queues', 'types', 'off']),
    default: 'queues',
  }),
};
