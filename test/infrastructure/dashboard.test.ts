import { describe, expect, it } from '@jest/globals';
import { Duration } from 'aws-cdk-lib/core';
import type { Template } from 'aws-cdk-lib/assertions';
import { metricDescriptions } from '../../lambdas/metrics/descriptions.ts';
import { FREE } from '../../tools/cost/prices.ts';
import { resourcesOf, templateOf } from './errand-template.ts';

describe('the dashboard', () => {
  /** Returns the dashboard's widgets. Values that are known only after the deployment are replaced by `?`. */
  function widgetsOf(
    template: Template,
  ): { type: string; properties: { title: string; metrics?: unknown[][] } }[] {
    const [dashboard] = resourcesOf(template, 'AWS::CloudWatch::Dashboard').values();
    const { 'Fn::Join': join } = dashboard?.Properties.DashboardBody as { 'Fn::Join': [string, unknown[]] };
    const body = join[1].map((part) => (typeof part === 'string' ? part : '?')).join('');
    return (JSON.parse(body) as { widgets: ReturnType<typeof widgetsOf> }).widgets;
  }

  it('has a row for each question that an operator asks', () => {
    expect(widgetsOf(templateOf()).map(({ properties }) => properties.title)).toEqual([
      'Alarms',
      'Jobs accepted',
      'Jobs succeeded',
      'Jobs failed',
      'Waiting time, 95th percentile (ms)',
      'Run time, 95th percentile (ms)',
      'Attempts retried',
      'Oldest message (s)',
      'Messages that wait',
      'Batches of dead letters',
      'Requests',
      'Requests refused (4xx) and failed (5xx)',
      'Latency of the API (ms)',
      'Database capacity (% of AURORA_MAX_ACU)',
      'Failed calls to the database',
      'Functions',
    ]);
  });

  it('shows metrics that exist', () => {
    const metrics = widgetsOf(templateOf({ queues: { images: { timeout: Duration.minutes(15) } } })).flatMap(
      ({ properties }) => properties.metrics ?? [],
    );
    const own = metrics.filter(([namespace]) => namespace === 'Errand').map(([, name]) => name);
    expect(own.length).toBeGreaterThan(0);
    for (const name of own) expect(Object.keys(metricDescriptions)).toContain(name);
  });

  it('is free with up to four queues, because it shows fewer than fifty metrics', () => {
    const props = { queues: { a: {}, b: {}, c: {} } };
    const metrics = widgetsOf(templateOf(props)).flatMap(({ properties }) => properties.metrics ?? []);
    expect(metrics.length).toBeLessThanOrEqual(FREE.metricsOfDashboard);
  });
});
