import {
  ActionAfterCompletion,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { clientConfiguration } from '../aws/configuration.ts';

/** What EventBridge Scheduler is asked. */
export const sdk = {
  ActionAfterCompletion,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  UpdateScheduleCommand,
};

export function createSchedulerClient(): SchedulerClient {
  return new SchedulerClient(clientConfiguration('scheduler'));
}
