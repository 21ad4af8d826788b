import type { DataApi } from '../adapters/aurora/data-api.ts';
import { createSignalStore } from '../adapters/aurora/signal-store.ts';
import type { ApprovalReader } from '../job/steps/approvals.ts';
import type { StepReader } from '../job/steps/list-steps.ts';
import type { SendSignalPorts } from '../job/steps/signals.ts';
import { loadOnce } from '../lazy.ts';

export interface StepDependencies extends SendSignalPorts {
  readonly steps: StepReader;
  readonly approvals: ApprovalReader;
}

/**
 * Creates the dependencies of the step operations. To keep cold starts short, this module is loaded on the first call of
 * a step operation.
 */
export function createSteps(dataApi: DataApi, shared: Omit<SendSignalPorts, 'store'>): StepDependencies {
  const store = createSignalStore(dataApi);
  return {
    ...shared,
    store,
    steps: store,
    // The key never changes, so load it only once.
    approvals: { ...store, approvalKey: loadOnce(() => store.approvalKey()) },
  };
}
