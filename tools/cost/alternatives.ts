import { item, type Item } from './bill.ts';
import { PRICES } from './prices.ts';
import type { StackFacts } from './stack-facts.ts';
import { ASSUMPTIONS, type Workload } from './workload.ts';

/** Another service that does the same work: deduplicates submissions, runs the handler, and stores a status for clients to read. */
export interface Alternative {
  readonly name: string;
  /** A one-line description of how the service does the work. */
  readonly how: string;
  readonly items: readonly Item[];
}

/** Status writes per job: created, running and ended. */
const STATUS_WRITES = 3;

/**
 * Returns the alternatives, each with the items of its bill for the same work. In each alternative, a function with the worker's memory runs the
 * handlers. Each invocation runs one job, because none of the alternatives delivers batches.
 */
export function alternatives(stack: StackFacts, work: Workload): Alternative[] {
  const gigabytes = stack.workerMemoryMb / 1024;
  const seconds = work.jobs * (work.seconds + (STATUS_WRITES * ASSUMPTIONS.statusWriteMilliseconds) / 1000);
  const lambda = [
    item('Lambda, invocations', work.jobs, 'requests', PRICES.lambdaRequest),
    item('Lambda, duration', seconds * gigabytes, 'GB-seconds', PRICES.lambdaGigabyteSecond),
  ];
  return [
    {
      name: 'Step Functions Standard',
      how: 'started by HTTP API, deduplicated by execution name; start, write the status, run, write the end',
      items: [
        item('HTTP API', work.jobs, 'requests', PRICES.httpApiRequest),
        item('State transitions', work.jobs * 4, 'transitions', PRICES.stepFunctionsTransition),
        item('DynamoDB, status', work.jobs * (STATUS_WRITES - 1), 'writes', PRICES.dynamoDbWrite),
        item('DynamoDB, reads', work.jobs * work.reads, 'reads', PRICES.dynamoDbRead),
        ...lambda,
      ],
    },
    {
      name: 'Google Cloud Tasks',
      how: 'deduplicated by task name; handlers on Cloud Run with one vCPU, status in Firestore',
      items: [
        item('Cloud Tasks', work.jobs * 2, 'operations', PRICES.cloudTasksOperation),
        item('Cloud Run, requests', work.jobs * 2, 'requests', PRICES.cloudRunRequest),
        item('Cloud Run, CPU', seconds, 'vCPU-seconds', PRICES.cloudRunVcpuSecond),
        item('Cloud Run, memory', seconds * gigabytes, 'GiB-seconds', PRICES.cloudRunGibibyteSecond),
        item('Firestore, status', work.jobs * STATUS_WRITES, 'writes', PRICES.firestoreWrite),
        item('Firestore, reads', work.jobs * work.reads, 'reads', PRICES.firestoreRead),
      ],
    },
    {
      name: 'Upstash QStash',
      how: 'deduplicated by deduplication id; handlers behind a function URL, status in DynamoDB',
      items: [
        item('QStash', work.jobs, 'messages', PRICES.qstashMessage),
        item('DynamoDB, status', work.jobs * STATUS_WRITES, 'writes', PRICES.dynamoDbWrite),
        item('DynamoDB, reads', work.jobs * work.reads, 'reads', PRICES.dynamoDbRead),
        ...lambda,
      ],
    },
  ];
}
