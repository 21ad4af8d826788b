import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson, answerJsonError } from '../aws-endpoint/answer.ts';
import { JsonError } from '../aws-endpoint/json-protocol.ts';
import { noteFailure } from '../aws-endpoint/failures.ts';
import { readRequestBody } from '../aws-endpoint/request-body.ts';
import { targetOf } from '../aws-endpoint/request-target.ts';
import type { DataStore } from '../data-folder/store-register.ts';
import type { AwsService } from '../service.ts';
import { systemClock, type SchedulerClock } from './clock.ts';
import type { DeliveryPorts } from './deliver.ts';
import { createFiringLoop } from './firing.ts';
import { optionalObject } from './members.ts';
import { createOperations } from './operations.ts';
import { openScheduleStore } from './schedule-store.ts';

export interface SchedulerOptions extends Omit<DeliveryPorts, 'clock'> {
  /** The data folder. Schedules are kept in its `scheduler` subfolder. */
  readonly dataDir: string;
  /** @default us-east-1 */
  readonly region?: string;
  /** @default the system's clock and timers */
  readonly clock?: SchedulerClock;
}

export interface Scheduler extends AwsService, DataStore {
  /** Starts firing. Call this once the targets exist. Schedules that were due while the service was down fire first, once each. */
  begin(): void;
}

/**
 * Starts EventBridge Scheduler, which serves the API for schedules and groups, and delivers firings to Lambda functions and SQS queues. Each firing
 * is delivered with the schedule's role.
 * @throws a one-line Error if a schedule's file is corrupt
 */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const { dataDir, region = 'us-east-1', clock = systemClock, ...ports } = options;
  const store = openScheduleStore(dataDir);
  const firing = createFiringLoop(store, { ...ports, clock });
  const operate = createOperations(store, { region, roles: ports.roles, now: () => clock.now() });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { size, input: parsed } = await readRequestBody(request);
      const input = optionalObject(size === 0 ? {} : (parsed() ?? null), 'The request body');
      const output = operate(request.method ?? '', targetOf(request), input);
      if (request.method !== 'GET') firing.changed();
      answerJson(response, 200, output);
    } catch (error) {
      const {
        status,
        type: code,
        message,
      } = error instanceof JsonError
        ? error
        : { status: 500, type: 'InternalServerException', message: noteFailure(response, error) };
      answerJsonError(response, { status, code, message });
    }
  }

  return {
    name: 'scheduler',
    begin: () => {
      firing.begin();
    },
    folder: 'scheduler',
    isEmpty: () => store.groups().length <= 1,
    handle(request, response) {
      void answer(request, response);
    },
    end: () => firing.end(),
  };
}
