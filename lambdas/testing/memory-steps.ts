import type { Json } from '../job/definition.ts';
import {
  detailOfWait,
  durationOfWait,
  type ChildOutcome,
  type NewStep,
  type RecordedStep,
  type StepStore,
  type StepWriter,
  type Wait,
} from '../job/steps/step-store.ts';

/** A step's row: a {@link RecordedStep} with a wait's end time instead of the remaining time. */
interface Row extends Omit<RecordedStep, 'dueInMs' | 'isResultLeftOut'> {
  dueAt: number | null;
}

/** A child job that a step has submitted, with its outcome. */
export interface MemoryChild {
  readonly jobId: string;
  readonly step: string;
  outcome?: ChildOutcome | undefined;
}

export interface MemorySignal {
  readonly name: string;
  readonly payload: Json;
  takenBy?: string;
}

/** An in-memory store for one job's steps, which behaves like the Aurora step store; see {@link StepStore}. */
export class MemorySteps implements StepStore {
  readonly signals: MemorySignal[] = [];
  readonly #rows = new Map<string, Row>();
  readonly #now: () => number;
  readonly #children: (step: string) => readonly MemoryChild[];
  /** The fencing token of the claim that holds the job. */
  #fence = 0;

  /** @param children returns a step's children, in the order of their items */
  constructor(now: () => number, children: (step: string) => readonly MemoryChild[]) {
    this.#now = now;
    this.#children = children;
  }

  /** Claims the job for one invocation. From then on, older claims can't write. */
  claim(): { fence: number; steps: RecordedStep[] } {
    this.#fence += 1;
    return { fence: this.#fence, steps: [...this.#rows.values()].map((row) => this.#recorded(row)) };
  }

  /** Returns when the earliest of these waits ends; undefined if none of them has a timeout. */
  dueAt(steps: readonly string[]): number | undefined {
    const times = steps.flatMap((step) => this.#rows.get(step)?.dueAt ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Whether a wait has ended because its signal has arrived or its children have ended. */
  isOver(step: string): boolean {
    const row = this.#rows.get(step);
    if (!row) return false;
    if (row.kind === 'signal') return this.#signalOf(row) !== undefined;
    if (row.kind === 'map') return this.#children(step).every(({ outcome }) => outcome);
    if (row.kind === 'result') return this.#outcomeOf(row) !== undefined;
    return false;
  }

  get(step: string): RecordedStep | undefined {
    const row = this.#rows.get(step);
    return row && this.#recorded(row);
  }

  record(writer: StepWriter, step: NewStep): Promise<RecordedStep | undefined> {
    if (writer.fence !== this.#fence) return Promise.resolve(undefined);
    const earlier = this.#rows.get(step.step);
    const mayChange =
      earlier?.status !== 'success' || step.kind === 'checkpoint' || (step.kind === 'map' && !earlier.result);
    if (earlier?.status !== 'failed' && mayChange) {
      this.#rows.set(step.step, {
        step: step.step,
        kind: step.kind,
        status: step.status,
        failures: step.failures,
        dueAt: step.dueInMs === undefined ? null : this.#now() + step.dueInMs,
        timedOut: false,
        detail: step.detail ?? {},
        result: structuredClone(step.result ?? null),
        message: step.message ?? null,
      });
    }
    return Promise.resolve(this.get(step.step));
  }

  wait(writer: StepWriter, wait: Wait): Promise<RecordedStep | undefined> {
    if (writer.fence !== this.#fence) return Promise.resolve(undefined);
    const row = this.#rows.get(wait.step) ?? this.#begin(wait);
    if (row.status === 'waiting') this.#endWait(row);
    return Promise.resolve(this.#recorded(row));
  }

  #begin(wait: Wait): Row {
    const forMs = durationOfWait(wait);
    const row: Row = {
      step: wait.step,
      kind: wait.kind,
      status: 'waiting',
      failures: 0,
      dueAt: forMs === null ? null : this.#now() + forMs,
      timedOut: false,
      detail: detailOfWait(wait),
      result: null,
      message: null,
    };
    this.#rows.set(wait.step, row);
    return row;
  }

  #endWait(row: Row): void {
    if (row.kind === 'signal') {
      const signal = this.#signalOf(row);
      if (signal) {
        signal.takenBy = row.step;
        Object.assign(row, { status: 'success', result: signal.payload });
      } else if (row.dueAt !== null && row.dueAt <= this.#now()) {
        Object.assign(row, { status: 'success', timedOut: true });
      }
    } else if (row.kind === 'result') {
      const outcome = this.#outcomeOf(row);
      if (outcome?.status === 'success') Object.assign(row, { status: 'success', result: outcome.result });
      else if (outcome) Object.assign(row, { status: 'failed', message: outcome.message });
    } else if (row.kind === 'map' && this.isOver(row.step)) {
      row.status = 'success';
    }
  }

  #signalOf({ detail }: Row): MemorySignal | undefined {
    return this.signals.find(({ name, takenBy }) => name === detail.signal && takenBy === undefined);
  }

  #outcomeOf({ detail }: Row): ChildOutcome | undefined {
    const children = this.#children(detail.childStep ?? '');
    return children.find(({ jobId }) => jobId === detail.childJobId)?.outcome;
  }

  #recorded({ dueAt, ...row }: Row): RecordedStep {
    return {
      ...structuredClone(row),
      dueInMs: dueAt === null ? null : dueAt - this.#now(),
      isResultLeftOut: false,
    };
  }

  read(_jobId: string, step: string): Promise<RecordedStep | undefined> {
    return Promise.resolve(this.get(step));
  }

  countChildren(_jobId: string, step: string): Promise<number> {
    return Promise.resolve(this.#children(step).length);
  }

  outcomes(_jobId: string, step: string, offset: number): Promise<ChildOutcome[]> {
    const ended = this.#children(step).flatMap(({ outcome }) => outcome ?? []);
    return Promise.resolve(structuredClone(ended.slice(offset)));
  }
}
