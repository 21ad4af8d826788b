import { oneOf } from './kinds.ts';
import { setting } from './setting.ts';

/** Settings for metrics. */
export const metricsSettings = {
  metrics: setting({
    text:
      'Which metrics the functions publish to CloudWatch: metrics of each queue (`queues`), also of each job type ' +
      '(`types`), or none (`off`). CloudWatch charges for each metric that gets values in a month: see ' +
      '[Metrics](metrics.md#cost).',
    kind: oneOf(['queues', 'types', 'off']),
    default: 'queues',
  }),
};
