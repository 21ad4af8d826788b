import { describe, expect, it } from '@jest/globals';
import { alternatives } from '../../../tools/cost/alternatives.ts';
import {
  awakeItem,
  idleItems,
  jobItems,
  metricsItem,
  scheduleItem,
  total,
  type Item,
} from '../../../tools/cost/bill.ts';
import { PRICES } from '../../../tools/cost/prices.ts';
import { stackFacts, type CostedTemplate } from '../../../tools/cost/stack-facts.ts';
import type { Workload } from '../../../tools/cost/workload.ts';
import { templateOf } from '../../infrastructure/errand-template.ts';

const stack = stackFacts(templateOf({ jobBatchSize: 10, jobPrefetch: 7 }).toJSON() as CostedTemplate);

function workload(given: Partial<Workload> = {}): Workload {
  return {
    jobs: 1_000_000,
    seconds: 0.1,
    batch: 10,
    submitBatch: 1,
    rowKilobytes: 1,
    reads: 0,
    firings: 0,
    types: 1,
    callers: 1,
    dataApiMs: 20,
    ...given,
  };
}

function quantity(items: readonly Item[], name: string): number | undefined {
  return items.find((item) => item.name === name)?.quantity;
}

describe('the facts of a stack', () => {
  it('are read from its template', () => {
    expect(stack).toEqual({
      apiMemoryMb: 512,
      workerMemoryMb: 1024,
      sweeperMemoryMb: 256,
      concurrency: 7,
      batchSize: 10,
      secrets: 2,
      alarmMetrics: 16,
      dashboards: 1,
      metrics: 'queues',
      jobQueues: 1,
      authorizerCache: 30,
      polledQueues: 3,
      readers: 0,
      minimumCapacity: 0,
      maximumCapacity: 4,
      autoPause: 300,
    });
  });

  it('cannot be read from another template', () => {
    expect(() => stackFacts({ Resources: {} })).toThrow('ApiFunctionName');
  });
});

describe('the bill', () => {
  it('counts the calls of a million jobs, ten per execution', () => {
    const items = jobItems(stack, workload());
    expect(quantity(items, 'HTTP API')).toBe(1_000_000);
    expect(quantity(items, 'Lambda, invocations')).toBe(1_100_000);
    expect(quantity(items, 'DynamoDB')).toBe(1_000_000);
    // Each job needs one insert. Every ten jobs need one claim and one recording of results.
    expect(quantity(items, 'RDS Data API')).toBe(1_200_000);
    // Each job has one message. Messages are received and deleted in batches of ten.
    expect(quantity(items, 'SQS')).toBe(1_200_000);
    expect(items.find(({ name }) => name === 'HTTP API')?.dollars).toBeCloseTo(1);
  });

  it('charges each request of a fair queue a quarter more', () => {
    const items = jobItems(stack, workload());
    const [plain, fair] = ['SQS', 'SQS, fair queues'].map((name) => items.find((item) => item.name === name));
    expect(fair?.quantity).toBe(plain?.quantity);
    expect(fair?.dollars).toBeCloseTo((plain?.dollars ?? 0) / 4);
  });

  it('counts the firings of schedules instead of their requests', () => {
    const items = jobItems(stack, workload({ firings: 400_000 }));
    expect(quantity(items, 'HTTP API')).toBe(600_000);
    expect(quantity(items, 'Scheduler')).toBe(400_000);
    expect(quantity(items, 'DynamoDB')).toBe(1_000_000);
    expect(quantity(items, 'RDS Data API')).toBe(1_200_000);
    expect(quantity(items, 'SQS')).toBe(1_200_000);
  });

  it('invokes the authorizer once in 30 s for each caller and route, at most once per request', () => {
    const calls = (given: Partial<Workload>) =>
      quantity(jobItems(stack, workload(given)), 'Lambda, authorizer');
    expect(calls({})).toBe(2 * 87_600);
    expect(calls({ callers: 2 })).toBe(4 * 87_600);
    expect(calls({ callers: 1000 })).toBe(1_000_000);
    const open = stackFacts(
      templateOf({ auth: 'none', allowUnauthenticated: true }).toJSON() as CostedTemplate,
    );
    expect(quantity(jobItems(open, workload()), 'Lambda, authorizer')).toBe(0);
  });

  it('counts the first reader like the writer, and further ones at the minimum', () => {
    const minimum = (facts: typeof stack) => quantity(idleItems(facts), 'Aurora, at its minimum') ?? 0;
    const awake = (facts: typeof stack) => awakeItem(facts, 'spread', 0).quantity;
    const one = { ...stack, minimumCapacity: 0.5 };
    const three = { ...one, readers: 2 };
    expect(minimum(three)).toBe(minimum(one) * 3);
    expect(awake(three)).toBe(awake(one) * 2);
    expect(minimum({ ...stack, readers: 2 })).toBe(0);
  });

  it('counts alarms and dashboards beyond the free tier', () => {
    const ofAlarms = (items: readonly Item[]) => ['Alarms', 'Dashboard'].map((name) => quantity(items, name));
    expect(ofAlarms(idleItems(stack))).toEqual([6, 0]);
    const withoutFreeTier = idleItems(stack, { alarmMetrics: 0, dashboards: 0 });
    expect(ofAlarms(withoutFreeTier)).toEqual([16, 1]);
    expect(total(withoutFreeTier)).toBeCloseTo(total(idleItems({ ...stack, alarmMetrics: 0 })) + 1.6 + 3);
  });

  it('counts the metrics of each busy queue, and with METRICS=types of each type, for the hours with values', () => {
    const facts = (props: Parameters<typeof templateOf>[0]) =>
      stackFacts(templateOf(props).toJSON() as CostedTemplate);
    const work = workload({ types: 5 });
    const month = (of: typeof stack) => metricsItem(of, work, 'spread', 0);
    expect(month(stack)).toMatchObject({ quantity: 10, dollars: 10 * PRICES.customMetricMonth });
    const twoQueues = { queues: { images: {} } };
    expect(month(facts(twoQueues)).quantity).toBe(20);
    expect(month(facts({ ...twoQueues, metrics: 'types' })).quantity).toBe(20 + 50);
    expect(metricsItem(stack, work, 'burst', 3_601).quantity).toBeCloseTo((10 * 2) / 730);
  });

  it('counts the metric lines of the invocations that accept and run jobs', () => {
    const lines = (of: typeof stack, given: Partial<Workload> = {}) =>
      quantity(jobItems(of, workload(given)), 'Logs, lines of metrics');
    expect(lines(stack)).toBeCloseTo((1_100_000 * 0.5) / 1e6);
    expect(lines(stack, { reads: 3 })).toBe(lines(stack));
    const off = stackFacts(templateOf({ metrics: 'off' }).toJSON() as CostedTemplate);
    expect(lines(off)).toBe(0);
    expect(metricsItem(off, workload(), 'spread', 0).dollars).toBe(0);
  });

  it('counts fewer requests for batches of a hundred jobs', () => {
    const items = jobItems(stack, workload({ submitBatch: 100 }));
    expect(quantity(items, 'HTTP API')).toBe(10_000);
    expect(quantity(items, 'DynamoDB')).toBe(1_000_000);
    // A message names ten jobs. An invocation gets ten messages. The invocation starts seven waves within a second, and returns three messages to
    // the queue.
    expect(quantity(items, 'SQS')).toBeCloseTo(10_000 + (3 * 100_000) / 7);
    expect(quantity(items, 'RDS Data API')).toBe(10_000 * 4 + 200_000);
  });

  it('is proportional to the number of jobs, apart from fixed costs', () => {
    const one = total(jobItems(stack, workload({ jobs: 1_000 })));
    expect(total(jobItems(stack, workload({ jobs: 3_000 })))).toBeCloseTo(3 * one);
    expect(total(jobItems(stack, workload({ jobs: 0 })))).toBe(0);
  });

  it('includes the seconds that a slower Data API adds to each call', () => {
    const [fast, slow] = [20, 100].map((dataApiMs) => jobItems(stack, workload({ dataApiMs, reads: 1 })));
    const added = (name: string): number =>
      (quantity(slow ?? [], name) ?? 0) - (quantity(fast ?? [], name) ?? 0);
    // Each job needs one insert and one read by the API function, which has 512 MB of memory. Every ten jobs need one claim and one recording of
    // results by the worker, which has 1,024 MB.
    expect(added('Lambda, api')).toBeCloseTo(1_000_000 * 2 * 0.08 * 0.5);
    expect(added('Lambda, worker')).toBeCloseTo(100_000 * 2 * 0.08);
  });

  it('of an idle month includes the capacity of a database only if it does not pause', () => {
    expect(quantity(idleItems(stack), 'Aurora, at its minimum')).toBe(0);
    const awake = stackFacts(templateOf({ auroraMinAcu: 0.5 }).toJSON() as CostedTemplate);
    expect(quantity(idleItems(awake), 'Aurora, at its minimum')).toBe(365);
  });

  it('lets the database pause after a burst', () => {
    expect(awakeItem(stack, 'burst', 3300).quantity).toBe(1);
    expect(awakeItem(stack, 'spread', 3300).quantity).toBe(730);
  });

  it('keeps the database awake all month for a schedule that fires every five minutes, and for a twelfth of the month if it fires hourly', () => {
    expect(scheduleItem(stack, 5).quantity).toBe(730);
    expect(scheduleItem(stack, 60).quantity).toBeCloseTo((730 * 315) / 3600);
    const awake = stackFacts(templateOf({ auroraMinAcu: 0.5 }).toJSON() as CostedTemplate);
    expect(scheduleItem(awake, 60).quantity).toBe(365);
  });
});

describe('the alternatives', () => {
  it('are charged for every job', () => {
    for (const { items } of alternatives(stack, workload())) expect(total(items)).toBeGreaterThan(1);
    const [stepFunctions] = alternatives(stack, workload());
    expect(stepFunctions?.items.find(({ unit }) => unit === 'transitions')?.dollars).toBeCloseTo(
      4_000_000 * PRICES.stepFunctionsTransition,
    );
  });
});
