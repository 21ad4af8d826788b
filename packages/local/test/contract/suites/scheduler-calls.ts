import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  SchedulerClient,
  UpdateScheduleCommand,
  type CreateScheduleCommandInput,
} from '@aws-sdk/client-scheduler';
import { clientOf, uniqueName, type World } from '../world.ts';

export const TARGET = {
  Arn: 'arn:aws:lambda:us-east-1:000000000000:function:target',
  RoleArn: 'arn:aws:iam::000000000000:role/scheduler',
  Input: '{"a":1}',
};

/** Returns functions that call EventBridge Scheduler. By default, the calls use a schedule that belongs only to this case. */
export function schedulerIn(world: World) {
  const client = clientOf(world, SchedulerClient);
  const Name = uniqueName('schedule');
  const input = (more: Partial<CreateScheduleCommandInput>): CreateScheduleCommandInput => ({
    Name,
    ScheduleExpression: 'rate(1 hour)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: TARGET,
    ...more,
  });
  return {
    client,
    Name,
    create: (more: Partial<CreateScheduleCommandInput> = {}) =>
      client.send(new CreateScheduleCommand(input(more))),
    update: (more: Partial<CreateScheduleCommandInput> = {}) =>
      client.send(new UpdateScheduleCommand(input(more))),
    get: () => client.send(new GetScheduleCommand({ Name })),
    remove: () => client.send(new DeleteScheduleCommand({ Name })),
  };
}
