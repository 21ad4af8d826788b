import {
  ActionAfterCompletion,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { clientConfiguration } from '../aws/configuration.ts';

/** The parts of the SDK's client that the adapter uses. The bundle contains only these parts of the SDK. */
export const sdk = {
  ActionAfterCompletion,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  UpdateScheduleCommand,
};

export function createSchedulerClient(): SchedulerClient {
  return new SchedulerClient(clientConfiguration('scheduler'));
}
