import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { measuredEvents, type Measure } from '../../../lambdas/metrics/catalogue.ts';
import { metricDescriptions } from '../../../lambdas/metrics/descriptions.ts';
import { createMetrics, type MetricsMode } from '../../../lambdas/metrics/metrics.ts';
import { readAllEvents } from '../../../tools/events/read-events.ts';
import { eventSources } from '../../../tools/events/reference-page.ts';
import { metricsPage } from '../../../tools/metrics/reference-page.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { brokenRulesOf } from '../../helpers/embedded-metric-format.ts';
import { formatted } from '../../../tools/generated-file.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

function setUp(mode: MetricsMode = 'queues') {
  const lines: string[] = [];
  const kept = createRecordingLog();
  const metrics = createMetrics({
    mode,
    service: 'Errand',
    now: () => new Date(1_764_316_800_000),
    write: (line) => lines.push(line),
  });
  return {
    log: metrics.measure(kept),
    kept,
    /** Flushes the metrics, and returns the output. */
    flushed: (): Record<string, unknown>[] => {
      lines.length = 0;
      metrics.flush();
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}

const SLEEP = { queue: 'default', type: 'sleep' };

describe('the metrics', () => {
  it('are one line for each queue and type, in the embedded metric format', () => {
    const { log, flushed } = setUp();
    log.debug('job_accepted', 'Accepted.', SLEEP);
    log.debug('job_accepted', 'Accepted.', SLEEP);
    log.debug('job_accepted', 'Accepted.', { queue: 'images', type: 'resize' });
    const lines = flushed();
    expect(lines).toEqual([
      {
        _aws: {
          Timestamp: 1_764_316_800_000,
          CloudWatchMetrics: [
            {
              Namespace: 'Errand',
              Dimensions: [['service', 'queue']],
              Metrics: [{ Name: 'JobsAccepted', Unit: 'Count' }],
            },
          ],
        },
        service: 'Errand',
        ...SLEEP,
        JobsAccepted: 2,
      },
      expect.objectContaining({ queue: 'images', type: 'resize', JobsAccepted: 1 }),
    ]);
    expect(lines.flatMap(brokenRulesOf)).toEqual([]);
    expect(flushed()).toEqual([]);
  });

  it('keep every duration, at most a hundred per line', () => {
    const { log, flushed } = setUp();
    for (let waited = 0; waited < 150; waited += 1) {
      log.info('attempt_started', 'Started.', { ...SLEEP, waited_ms: waited });
    }
    const lines = flushed();
    expect(lines.map(({ WaitingTime: times }) => (times as number[]).length)).toEqual([100, 50]);
    expect(lines.map(({ AttemptsStarted: count }) => count)).toEqual([150, undefined]);
    expect(lines.flatMap(brokenRulesOf)).toEqual([]);
  });

  it('have the type as a dimension with METRICS=types', () => {
    const { log, flushed } = setUp('types');
    log.debug('job_accepted', 'Accepted.', SLEEP);
    log.warn('statement_failed', 'Failed.', {});
    const lines = flushed();
    expect(lines).toMatchObject([
      {
        _aws: {
          CloudWatchMetrics: [
            {
              Dimensions: [
                ['service', 'queue'],
                ['service', 'queue', 'type'],
              ],
            },
          ],
        },
      },
      { _aws: { CloudWatchMetrics: [{ Dimensions: [['service']] }] }, DataApiErrors: 1 },
    ]);
    expect(lines.flatMap(brokenRulesOf)).toEqual([]);
  });

  it('have no queue if they concern the whole service, so that one alarm sees the failures of every function', () => {
    const { log, flushed } = setUp();
    log.warn('statement_failed', 'Failed.', { queue: 'default' });
    log.warn('statement_failed', 'Failed.', { queue: 'images' });
    log.warn('statement_failed', 'Failed.', {});
    const lines = flushed();
    expect(lines).toEqual([expect.objectContaining({ service: 'Errand', DataApiErrors: 3 })]);
    expect(lines).toMatchObject([{ _aws: { CloudWatchMetrics: [{ Dimensions: [['service']] }] } }]);
    expect(lines[0]).not.toHaveProperty('queue');
  });

  it('count an event only if its fields match', () => {
    const { log, flushed } = setUp();
    const about = { ...SLEEP, outcome: 'failed', lifetime_ms: undefined };
    log.debug('outcome_recorded', 'Recorded.', { ...about, status: 'created' });
    log.debug('outcome_recorded', 'Recorded.', { ...about, outcome: 'suspended', status: 'created' });
    log.debug('outcome_recorded', 'Recorded.', { ...about, status: 'failed', lifetime_ms: 90 });
    expect(flushed()).toMatchObject([
      { AttemptsFailed: 2, AttemptsRetried: 1, JobsFailed: 1, EndToEndTime: 90 },
    ]);
  });

  it('change nothing in the log, and count lines that the log level drops', () => {
    const { log, kept, flushed } = setUp();
    log.debug('constructor', 'No event of Errand.', {});
    log.debug('job_accepted', 'Accepted.', SLEEP);
    expect(kept.entries).toEqual([
      { level: 'debug', event: 'constructor', message: 'No event of Errand.', fields: {} },
      { level: 'debug', event: 'job_accepted', message: 'Accepted.', fields: SLEEP },
    ]);
    expect(flushed()).toHaveLength(1);
  });

  it("go to the standard output unchanged, not through Lambda's console", () => {
    const written: unknown[] = [];
    const output = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(chunk) > 0);
    try {
      const metrics = createMetrics({ mode: 'queues', service: 'Errand', now: () => new Date(0) });
      metrics.measure(createRecordingLog()).debug('job_accepted', 'Accepted.', SLEEP);
      metrics.flush();
    } finally {
      output.mockRestore();
    }
    expect(written).toEqual([expect.stringMatching(/^\{"_aws":.*\}\n$/)]);
  });

  it('are empty with METRICS=off', () => {
    const { log, flushed } = setUp('off');
    log.debug('job_accepted', 'Accepted.', SLEEP);
    expect(flushed()).toEqual([]);
  });
});

describe('the catalog', () => {
  const events = readAllEvents(ROOT, eventSources(ROOT));
  const measures = Object.entries<readonly Measure[]>(measuredEvents);

  it.each(measures)('derives %s from an event that has its fields', (name, ofEvent) => {
    const event = events.find((each) => each.name === name);
    const fields = event?.fields ?? [];
    const needed = ofEvent.flatMap(({ field, when = {} }) => [
      ...(field === undefined ? [] : [field]),
      ...Object.keys(when),
    ]);
    // If an event spreads an object, this test doesn't know the object's fields. The integration tests cover these events.
    expect(fields.includes('…') ? [] : needed.filter((field) => !fields.includes(field))).toEqual([]);
    expect(event).toBeDefined();
  });

  it('derives every metric from some event', () => {
    const measured = new Set(measures.flatMap(([, ofEvent]) => ofEvent.map(({ metric }) => metric)));
    expect([...measured].sort()).toEqual(Object.keys(metricDescriptions).sort());
  });

  it('matches the reference: run `npm run documents` after a change', async () => {
    const page = path.join(ROOT, 'docs/reference/metrics.md');
    expect(readFileSync(page, 'utf8')).toBe(await formatted(page, metricsPage()));
  });
});
