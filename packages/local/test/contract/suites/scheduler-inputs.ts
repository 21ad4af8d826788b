import type { Case } from '../contract.ts';
import { refusal, uniqueName } from '../world.ts';
import { schedulerIn, TARGET } from './scheduler-calls.ts';

const API = 'https://docs.aws.amazon.com/scheduler/latest/APIReference';

/** The source of the recordings from AWS. */
const RECORDED =
  'https://github.com/localstack/localstack/blob/8b9a79f05846835cf4dff63ab7eefdde9df83783/tests/aws/services/scheduler/test_scheduler.snapshot.json';

const INVALID = { error: 'ValidationException', status: 400 };

/** Cases for repeated requests, and for requests that EventBridge Scheduler refuses. */
export const schedulerInputs: readonly Case[] = [
  {
    name: 'a creation that is repeated with its ClientToken is executed once',
    page: `${API}/API_CreateSchedule.html#scheduler-CreateSchedule-request-ClientToken`,
    aws: { sameArn: true, other: { error: 'ConflictException', status: 409 } },
    async observe(world) {
      const { create } = schedulerIn(world);
      const ClientToken = uniqueName('token');
      const first = await create({ ClientToken });
      const second = await create({ ClientToken });
      return {
        sameArn: second.ScheduleArn === first.ScheduleArn,
        other: await refusal(create({ ClientToken, Description: 'other' })),
      };
    },
  },
  {
    name: 'a retry policy has at most 185 attempts and an age of 60 to 86,400 seconds',
    page: `${API}/API_RetryPolicy.html`,
    aws: { most: [185, 86_400], attempts: INVALID, short: INVALID, long: INVALID },
    async observe(world) {
      const withPolicy = (MaximumRetryAttempts: number, MaximumEventAgeInSeconds: number) => ({
        Target: { ...TARGET, RetryPolicy: { MaximumRetryAttempts, MaximumEventAgeInSeconds } },
      });
      const { create, get } = schedulerIn(world);
      await create(withPolicy(185, 86_400));
      const policy = (await get()).Target?.RetryPolicy;
      const refused = (attempts: number, age: number) =>
        refusal(schedulerIn(world).create(withPolicy(attempts, age)));
      return {
        most: [policy?.MaximumRetryAttempts, policy?.MaximumEventAgeInSeconds],
        attempts: await refused(186, 86_400),
        short: await refused(185, 59),
        long: await refused(185, 86_401),
      };
    },
  },
  {
    name: 'a rate with spaces inside its parentheses or before its name is refused',
    page: RECORDED,
    aws: { inside: INVALID, before: INVALID, unit: INVALID },
    async observe(world) {
      const create = (ScheduleExpression: string) =>
        refusal(schedulerIn(world).create({ ScheduleExpression }));
      return {
        inside: await create('rate( 10 minutes )'),
        before: await create(' rate(10 minutes)'),
        unit: await create('rate(10 minutess)'),
      };
    },
  },
  {
    name: 'a target’s input has at most 256 KiB',
    page: `${API}/API_Target.html`,
    aws: { largest: 262_144, larger: INVALID },
    async observe(world) {
      const ofLength = (length: number) => ({
        Target: { ...TARGET, Input: JSON.stringify('x'.repeat(length - 2)) },
      });
      const { create, get } = schedulerIn(world);
      await create(ofLength(262_144));
      return {
        largest: (await get()).Target?.Input?.length,
        larger: await refusal(schedulerIn(world).create(ofLength(262_145))),
      };
    },
  },
];
