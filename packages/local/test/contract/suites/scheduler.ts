import {
  ListSchedulesCommand,
  CreateScheduleGroupCommand,
  type CreateScheduleCommandInput,
} from '@aws-sdk/client-scheduler';
import type { Suite } from '../contract.ts';
import { refusal, uniqueName } from '../world.ts';
import { schedulerIn } from './scheduler-calls.ts';
import { schedulerInputs } from './scheduler-inputs.ts';

const API = 'https://docs.aws.amazon.com/scheduler/latest/APIReference';
const GUIDE = 'https://docs.aws.amazon.com/scheduler/latest/UserGuide';

export const scheduler: Suite = {
  protocol: 'scheduler',
  cases: [
    {
      name: 'a schedule is created with AWS’s defaults for omitted members',
      page: `${API}/API_GetSchedule.html`,
      aws: {
        GroupName: 'default',
        State: 'ENABLED',
        ScheduleExpression: 'rate(1 hour)',
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'NONE',
        input: '{"a":1}',
        named: true,
      },
      async observe(world) {
        const { Name, create, get } = schedulerIn(world);
        const { ScheduleArn } = await create();
        const { GroupName, State, ScheduleExpression, ScheduleExpressionTimezone, ...rest } = await get();
        const { FlexibleTimeWindow, ActionAfterCompletion, Target, Arn } = rest;
        return {
          GroupName,
          State,
          ScheduleExpression,
          ScheduleExpressionTimezone,
          FlexibleTimeWindow,
          ActionAfterCompletion,
          input: Target?.Input,
          named: Arn === ScheduleArn && Arn?.endsWith(`:schedule/default/${Name}`),
        };
      },
    },
    {
      name: 'a second schedule with the same name is a conflict',
      page: `${API}/API_CreateSchedule.html`,
      aws: { error: 'ConflictException', status: 409 },
      async observe(world) {
        const { create } = schedulerIn(world);
        await create();
        return refusal(create({ ScheduleExpression: 'rate(2 hours)' }));
      },
    },
    {
      name: 'at, rate and cron are accepted, with a time zone',
      page: `${GUIDE}/schedule-types.html`,
      aws: [
        ['at(2090-01-01T10:00:00)', 'Europe/Berlin'],
        ['rate(5 minutes)', 'UTC'],
        ['cron(15 10 ? * MON-FRI *)', 'America/New_York'],
      ],
      async observe(world) {
        const seen = [];
        for (const [ScheduleExpression, ScheduleExpressionTimezone] of [
          ['at(2090-01-01T10:00:00)', 'Europe/Berlin'],
          ['rate(5 minutes)', 'UTC'],
          ['cron(15 10 ? * MON-FRI *)', 'America/New_York'],
        ]) {
          const { create, get } = schedulerIn(world);
          await create({ ScheduleExpression, ScheduleExpressionTimezone });
          const schedule = await get();
          seen.push([schedule.ScheduleExpression, schedule.ScheduleExpressionTimezone]);
        }
        return seen;
      },
    },
    {
      name: 'an invalid expression, time zone or name is refused',
      page: `${API}/API_CreateSchedule.html`,
      aws: {
        expression: { error: 'ValidationException', status: 400 },
        cron: { error: 'ValidationException', status: 400 },
        zone: { error: 'ValidationException', status: 400 },
        name: { error: 'ValidationException', status: 400 },
      },
      async observe(world) {
        // Each schedule has its own name, so that an accepted schedule does not cause a conflict with the next one.
        const create = (more: Partial<CreateScheduleCommandInput>) =>
          refusal(schedulerIn(world).create(more));
        return {
          expression: await create({ ScheduleExpression: 'every day' }),
          cron: await create({ ScheduleExpression: 'cron(61 10 ? * MON *)' }),
          zone: await create({ ScheduleExpressionTimezone: 'Europe/Nowhere' }),
          name: await create({ Name: 'a name' }),
        };
      },
    },
    {
      name: 'an action can be a target unless it only reads data',
      page: `${GUIDE}/managing-targets-universal.html`,
      aws: {
        sending: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage',
        reading: { error: 'ValidationException', status: 400 },
        form: { error: 'ValidationException', status: 400 },
      },
      async observe(world) {
        const targetOf = (action: string) => ({
          Target: {
            Arn: `arn:aws:scheduler:::aws-sdk:${action}`,
            RoleArn: 'arn:aws:iam::000000000000:role/scheduler',
            Input: '{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/000000000000/one","MessageBody":"1"}',
          },
        });
        const { create, get } = schedulerIn(world);
        await create(targetOf('sqs:sendMessage'));
        return {
          sending: (await get()).Target?.Arn,
          reading: await refusal(schedulerIn(world).create(targetOf('sqs:receiveMessage'))),
          form: await refusal(schedulerIn(world).create(targetOf('sqs'))),
        };
      },
    },
    {
      name: 'a schedule has an action after its last firing',
      page: `${GUIDE}/managing-schedule-delete.html`,
      aws: 'DELETE',
      async observe(world) {
        const { create, get } = schedulerIn(world);
        const ScheduleExpression = 'at(2090-01-01T10:00:00)';
        await create({ ScheduleExpression, ActionAfterCompletion: 'DELETE' });
        return (await get()).ActionAfterCompletion;
      },
    },
    {
      name: 'an update replaces everything, and missing members get their defaults',
      page: `${API}/API_UpdateSchedule.html`,
      aws: { before: ['words', 'DISABLED'], after: [null, 'ENABLED'], expression: 'rate(2 hours)' },
      async observe(world) {
        const { create, update, get } = schedulerIn(world);
        await create({ Description: 'words', State: 'DISABLED' });
        const before = await get();
        await update({ ScheduleExpression: 'rate(2 hours)' });
        const after = await get();
        return {
          before: [before.Description, before.State],
          after: [after.Description ?? null, after.State],
          expression: after.ScheduleExpression,
        };
      },
    },
    {
      name: 'a missing schedule or group is not found, even when it is deleted',
      page: `${API}/API_DeleteSchedule.html`,
      aws: {
        got: { error: 'ResourceNotFoundException', status: 404 },
        updated: { error: 'ResourceNotFoundException', status: 404 },
        deleted: { error: 'ResourceNotFoundException', status: 404 },
        group: { error: 'ResourceNotFoundException', status: 404 },
      },
      async observe(world) {
        const { create, update, get, remove } = schedulerIn(world);
        return {
          got: await refusal(get()),
          updated: await refusal(update()),
          deleted: await refusal(remove()),
          group: await refusal(create({ GroupName: uniqueName('group') })),
        };
      },
    },
    {
      name: 'schedules are listed by group and name prefix, without their input, page by page',
      page: `${API}/API_ListSchedules.html`,
      aws: { names: ['a-1', 'a-2'], pages: 2, target: ['Arn'] },
      async observe(world) {
        const { client, create } = schedulerIn(world);
        const GroupName = uniqueName('group');
        await client.send(new CreateScheduleGroupCommand({ Name: GroupName }));
        for (const Name of ['a-1', 'a-2', 'b']) await create({ GroupName, Name });
        const found = [];
        let pages = 0;
        let NextToken: string | undefined;
        do {
          const command = new ListSchedulesCommand({ GroupName, NamePrefix: 'a-', MaxResults: 1, NextToken });
          const page = await client.send(command);
          found.push(...(page.Schedules ?? []));
          NextToken = page.NextToken;
          pages += found.length > 0 ? 1 : 0;
        } while (NextToken !== undefined && pages < 5);
        return {
          names: found.map(({ Name }) => Name).sort(),
          pages,
          target: Object.keys(found[0]?.Target ?? {}),
        };
      },
    },
    {
      name: 'a deleted schedule is gone',
      page: `${API}/API_DeleteSchedule.html`,
      aws: { error: 'ResourceNotFoundException', status: 404 },
      async observe(world) {
        const { create, remove, get } = schedulerIn(world);
        await create();
        await remove();
        return refusal(get());
      },
    },
    ...schedulerInputs,
  ],
};
