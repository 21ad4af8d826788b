import { describe, expect, it } from '@jest/globals';
import { createMeasurements } from '../../../src/cloudwatch/measurements.ts';
import { createCloudWatchClock } from '../../../src/cloudwatch/clock.ts';
import { createMetricStore } from '../../../src/cloudwatch/metric-store.ts';
import { prometheusText } from '../../../src/cloudwatch/metrics-page.ts';
import { prometheusName } from '../../../src/cloudwatch/prometheus-names.ts';
import { createTotals } from '../../../src/cloudwatch/totals.ts';

const DESCRIPTIONS = {
  Shop: {
    labels: ['queue', 'type'],
    help: { Orders: 'Orders that were placed, in\ntotal.', Latency: 'Time of an order.' },
  },
};

function page() {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const totals = createTotals(DESCRIPTIONS, log);
  const measurements = createMeasurements(
    createMetricStore(log),
    totals,
    createCloudWatchClock(Date.now),
    log,
  );
  return { ...measurements, lines, text: () => prometheusText(totals) };
}

function line(
  namespace: string,
  metrics: object[],
  root: object,
  dimensions: string[][] = [['queue'], []],
): string {
  const CloudWatchMetrics = [{ Namespace: namespace, Dimensions: dimensions, Metrics: metrics }];
  return JSON.stringify({ _aws: { Timestamp: Date.now(), CloudWatchMetrics }, ...root });
}

describe('/metrics', () => {
  it('treats the names of inherited object properties as ordinary names', () => {
    const { readLogLine, text } = page();
    const names = { constructor: 1, queue: 'default' };
    readLogLine('f', line('constructor', [{ Name: 'constructor', Unit: 'Count' }], names));
    readLogLine('f', line('Shop', [{ Name: 'constructor', Unit: 'Count' }], names));
    expect(text()).toContain('shop_constructor_total{queue="default"} 1');
    expect(text()).toContain('constructor_constructor_total{queue="default"} 1');
  });

  it('counts each value in a log line once, with the app’s labels and help texts', () => {
    const { readLogLine, text } = page();
    const orders = line('Shop', [{ Name: 'Orders', Unit: 'Count' }], {
      queue: 'a"b',
      type: 'gift',
      Orders: [1, 2],
    });
    readLogLine('f', orders);
    readLogLine('f', orders);
    expect(text()).toBe(
      '# HELP shop_orders_total Orders that were placed, in\\ntotal.\n# TYPE shop_orders_total counter\n' +
        'shop_orders_total{queue="a\\"b",type="gift"} 6\n',
    );
  });

  it('shows durations as histograms in seconds', () => {
    const { readLogLine, text } = page();
    readLogLine(
      'f',
      line('Shop', [{ Name: 'Latency', Unit: 'Milliseconds' }], { queue: 'a', Latency: [4, 40, 4e6] }),
    );
    const lines = text().split('\n');
    expect(lines.slice(0, 6)).toEqual([
      '# HELP shop_latency_seconds Time of an order.',
      '# TYPE shop_latency_seconds histogram',
      'shop_latency_seconds_bucket{queue="a",le="0.005"} 1',
      'shop_latency_seconds_bucket{queue="a",le="0.01"} 1',
      'shop_latency_seconds_bucket{queue="a",le="0.025"} 1',
      'shop_latency_seconds_bucket{queue="a",le="0.05"} 2',
    ]);
    expect(lines.slice(-5, -1)).toEqual([
      'shop_latency_seconds_bucket{queue="a",le="3600"} 2',
      'shop_latency_seconds_bucket{queue="a",le="+Inf"} 3',
      'shop_latency_seconds_sum{queue="a"} 4000.044',
      'shop_latency_seconds_count{queue="a"} 3',
    ]);
  });

  it('shows metrics in undescribed namespaces with their dimensions', () => {
    const { readLogLine, text } = page();
    readLogLine(
      'f',
      line('My/App', [{ Name: 'Size', Unit: 'Kilobytes' }], { queue: 'a', secret: 'x', Size: 2 }),
    );
    expect(text()).toBe(
      '# HELP my_app_size_bytes Size of the CloudWatch namespace My/App.\n# TYPE my_app_size_bytes summary\n' +
        'my_app_size_bytes_sum{queue="a"} 2000\nmy_app_size_bytes_count{queue="a"} 1\n',
    );
  });

  it("shows AWS's own metrics with their most detailed dimensions", () => {
    const { publish, text } = page();
    publish('AWS/Lambda Invocations', [{ FunctionName: 'f' }, {}], 1);
    publish('AWS/SQS ApproximateNumberOfMessagesVisible', [{ QueueName: 'q' }], 5);
    publish('AWS/SQS ApproximateNumberOfMessagesVisible', [{ QueueName: 'q' }], 3);
    expect(
      text()
        .split('\n')
        .filter((each) => !each.startsWith('#')),
    ).toEqual([
      'aws_lambda_invocations_total{function_name="f"} 1',
      'aws_sqs_approximate_number_of_messages_visible{queue_name="q"} 3',
      '',
    ]);
  });

  it('reports a metric whose name conflicts with another metric', () => {
    const { readLogLine, lines, text } = page();
    readLogLine('f', line('App', [{ Name: 'a', Unit: 'None' }], { queue: 'a', a: 1 }));
    readLogLine('f', line('App', [{ Name: 'A', Unit: 'None' }], { queue: 'a', A: 1 }));
    expect(text()).toContain('app_a_sum{queue="a"} 2');
    readLogLine('f', line('App', [{ Name: 'b_total', Unit: 'None' }], { queue: 'a', b_total: 1 }));
    readLogLine('f', line('App', [{ Name: 'b', Unit: 'Count' }], { queue: 'a', b: 1 }));
    expect(lines).toEqual([
      '/metrics does not show App b in Count: app_b_total is a metric of another kind.',
    ]);
  });
});

describe('a metric’s name', () => {
  it.each([
    ['Errand', 'JobsAccepted', 'Count', 'counter', 'errand_jobs_accepted_total'],
    ['Errand', 'WaitingTime', 'Milliseconds', 'times', 'errand_waiting_time_seconds'],
    ['AWS/ApiGateway', '4xx', 'Count', 'counter', 'aws_api_gateway_4xx_total'],
    ['AWS/RDS', 'ACUUtilization', 'Percent', 'summary', 'aws_rds_acu_utilization_ratio'],
    ['4shop', 'total', 'Count', 'counter', '_4shop_total'],
  ] as const)('of %s %s in %s follows Prometheus’s conventions', (namespace, name, unit, kind, expected) => {
    expect(prometheusName(namespace, name, unit, kind)).toBe(expected);
  });
});
