import type { Json } from '../job.ts';
import { jsonProblem } from '../storable.ts';
import type { StepCall, StepEngine } from './engine.ts';
import type { KnownStep } from './journal.ts';
import type { Child, ChildOptions, MapOptions } from './step.ts';
import { ChildJobError } from './step-errors.ts';
import { refusal } from './step-names.ts';
import type { ChildOutcome } from './step-store.ts';

/** The maximum number of children per `step.map`. */
const MAX_ITEMS = 10_000;

/** The maximum number of children that each statement inserts. */
const CHUNK = 100;

/** Implements `step.submit`. */
export async function submitChild(
  engine: StepEngine,
  name: string,
  type: string,
  payload: unknown,
  options: ChildOptions = {},
): Promise<Child> {
  return engine.call('submit', name, 'submit', async (call) => {
    const { step, recorded } = call;
    if (recorded) return { jobId: recorded.detail.childJobId ?? '', step };
    await engine.beforeWork(call);
    const startedAt = engine.now();
    const { job } = engine.attempt;
    const jobId = await engine.ports.childrenOf(job).submit(step, type, payload, options);
    const detail = { childJobId: jobId, type };
    await engine.record({ step, kind: 'submit', status: 'success', failures: 0, detail });
    engine.executed(engine.now() - startedAt);
    return { jobId, step };
  });
}

/** Implements `step.result`. */
export async function resultOfChild(engine: StepEngine, child: Child): Promise<Json> {
  if (typeof (child as Partial<Child> | undefined)?.jobId !== 'string' || typeof child.step !== 'string')
    throw new TypeError('step.result: pass the value that step.submit returned.');
  return engine.callNamed(`${child.step}:result`, 'result', async (call) => {
    const { step, recorded } = call;
    const { jobId: childJobId, step: childStep } = child;
    if (!recorded) await engine.beforeWork(call);
    const ended = await engine.wait({ step, kind: 'result', childJobId, childStep }, recorded);
    if (ended.status === 'waiting') return engine.invocation.block(step);
    if (ended.status === 'success') return engine.resultOf(ended);
    const { store } = engine.ports;
    const [outcome] = await engine.fromStore(store.outcomes(engine.attempt.job.jobId, childStep, 0));
    const status = outcome?.status === 'canceled' ? 'canceled' : 'failed';
    throw new ChildJobError(childStep, { jobId: childJobId, status, reason: ended.message });
  });
}

/** Implements `step.map`. */
export async function mapItems(
  engine: StepEngine,
  name: string,
  items: readonly unknown[],
  type: string,
  options: MapOptions = {},
): Promise<Json[]> {
  if (!Array.isArray(items) || items.length > MAX_ITEMS)
    throw refusal('map', name, `items must be an array with at most ${MAX_ITEMS} elements`);
  return engine.call('map', name, 'map', async (call) => {
    const { step, recorded } = call;
    const total = items.length;
    requireSameItems(engine, call, total);
    if (recorded && recorded.status !== 'waiting') return resultsOfMap(engine, recorded, total, true);
    if (!recorded) {
      await engine.beforeWork(call);
      if (total === 0) {
        const detail = { total, type };
        await engine.record({ step, kind: 'map', status: 'success', failures: 0, detail, result: [] });
        return [];
      }
      await submitItems(engine, step, items, type, options);
    }
    const ended = await engine.wait({ step, kind: 'map', total, type }, recorded);
    return ended.status === 'waiting'
      ? engine.invocation.block(step)
      : resultsOfMap(engine, ended, total, false);
  });
}

function requireSameItems(engine: StepEngine, { step, recorded }: StepCall, total: number): void {
  const before = recorded?.detail.total ?? total;
  if (before === total) return;
  const counts = `with ${before} items, and is now called with ${total}`;
  engine.fail(
    refusal(
      'map',
      step,
      `the step was recorded ${counts}: create the items in a step.run, so that they stay the same`,
    ),
  );
}

/**
 * Submits the children of a `map` that earlier invocations have not submitted yet. Each child's id is derived from the
 * step, so no child is submitted twice.
 */
async function submitItems(
  engine: StepEngine,
  step: string,
  items: readonly unknown[],
  type: string,
  options: MapOptions,
): Promise<void> {
  const { job } = engine.attempt;
  const { store, childrenOf } = engine.ports;
  const submitAll = await childrenOf(job).prepareMap(step, type, items, options, (ms) =>
    engine.pauseOrHandOver(ms),
  );
  const isFirstClaim = job.fence <= 1;
  const submitted = isFirstClaim ? 0 : await engine.fromStore(store.countChildren(job.jobId, step));
  // Children are inserted in the order of their items, so the first `submitted` items already have children.
  for (let from = submitted; from < items.length; from += CHUNK) {
    if (from > submitted && engine.isNearEnd()) engine.invocation.handOver();
    const startedAt = engine.now();
    await submitAll(from, Math.min(items.length, from + CHUNK));
    engine.requireRunning();
    engine.executed(engine.now() - startedAt);
  }
}

/** Returns the results of a `map` whose children have all ended. */
async function resultsOfMap(
  engine: StepEngine,
  ended: KnownStep,
  total: number,
  isReplay: boolean,
): Promise<Json[]> {
  const recorded = await engine.resultOf(ended);
  if (Array.isArray(recorded)) return recorded;
  const reading = readOutcomes(engine, ended.step, total);
  const outcomes = await (isReplay ? engine.invocation.replay(reading) : reading);
  const failed = outcomes.filter(({ status }) => status !== 'success');
  const [first] = failed;
  if (first) {
    const { jobId, message: reason } = first;
    const status = first.status === 'canceled' ? 'canceled' : 'failed';
    throw new ChildJobError(ended.step, { jobId, status, reason }, failed.length, total);
  }
  const results = outcomes.map(({ result }) => result);
  if (!isReplay && !jsonProblem(results)) {
    const { step, detail } = ended;
    await engine.record({ step, kind: 'map', status: 'success', failures: 0, detail, result: results });
  }
  return results;
}

async function readOutcomes(engine: StepEngine, step: string, total: number): Promise<ChildOutcome[]> {
  const { store } = engine.ports;
  const outcomes: ChildOutcome[] = [];
  while (outcomes.length < total) {
    const page = await engine.fromStore(store.outcomes(engine.attempt.job.jobId, step, outcomes.length));
    if (page.length === 0)
      engine.fail(new Error(`${total - outcomes.length} children of the step "${step}" no longer exist.`));
    outcomes.push(...page);
  }
  return outcomes;
}
