import type { DataApi } from '../adapters/aurora/data-api.ts';
import { createFlowStore } from '../adapters/aurora/flow-store.ts';
import type { ConcurrencyKeyPorts } from '../job/flow/concurrency-keys.ts';
import type { PausePorts } from '../job/flow/pauses.ts';
import type { QueueReportStore } from '../job/flow/queue-report.ts';

export interface FlowDependencies extends PausePorts, ConcurrencyKeyPorts {
  readonly reports: QueueReportStore;
}

/**
 * Creates the dependencies of the queue and concurrency key operations. To keep cold starts short, this module is loaded
 * when one of these operations is first called.
 */
export function createFlow(
  dataApi: DataApi,
  shared: Omit<FlowDependencies, 'reports' | 'pauses' | 'keys'>,
): FlowDependencies {
  const store = createFlowStore(dataApi);
  return { ...shared, reports: store, pauses: store, keys: store };
}
