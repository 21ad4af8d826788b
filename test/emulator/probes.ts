import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { gaps, GapName } from '../helpers/gaps.ts';
import { CREDENTIALS, REGION } from './cdk.ts';
import { callHttpApi } from './ministack-requests.ts';

type Targets<Name extends GapName> = (typeof gaps)[Name]['targets'][number];

/** The names of MiniStack's gaps. */
type GapOfMiniStack = { [Name in GapName]: 'ministack' extends Targets<Name> ? Name : never }[GapName];

/** Tests whether the emulator still has the gap. */
type Probe = (awsEndpointUrl: string) => Promise<boolean>;

/**
 * One probe for each gap that skips or changes a test. The `no-crowds` gap has no probe, because that gap depends on the machine's size.
 */
const PROBES: Record<Exclude<GapOfMiniStack, 'no-crowds'>, Probe> = {
  'late-rates': async (endpoint) => !(await firesAtStartDate(endpoint)),
  'universal-targets': async (endpoint) => !(await firesAtUniversalTarget(endpoint)),
  'paths-decoded-once': async (endpoint) => (await statusOfLonePercentSign(endpoint)) !== 400,
  'unchecked-parameters': takesValueThatMatchesNot,
  'hidden-processes': (endpoint) =>
    fetch(`${endpoint}/_errand/calls`)
      .then((answer) => answer.json())
      .then(
        (document: unknown) => !(document as { calls?: unknown }).calls,
        () => true,
      ),
};

/**
 * Returns the gaps in `test/helpers/gaps.ts` that MiniStack no longer has. These gaps skip tests needlessly. The probes take half a minute,
 * mostly waiting.
 */
export async function closedGaps(awsEndpointUrl: string): Promise<GapName[]> {
  const judged = Object.entries(PROBES).map(async ([gap, isOpen]) =>
    (await isOpen(awsEndpointUrl)) ? [] : [gap as GapName],
  );
  return (await Promise.all(judged)).flat();
}

const configurationFor = (endpoint: string) => ({ endpoint, region: REGION, credentials: CREDENTIALS });

/** How long a schedule may take to fire after its StartDate, in seconds. MiniStack looks for due schedules every 10 s. */
const FIRES_WITHIN = 20;

async function firesAtStartDate(endpoint: string): Promise<boolean> {
  const configuration = configurationFor(endpoint);
  const [sqs, scheduler] = [new SQSClient(configuration), new SchedulerClient(configuration)];
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'errand-gap-late-rates' }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  await scheduler.send(
    new CreateScheduleCommand({
      Name: 'errand-gap-late-rates',
      ScheduleExpression: 'rate(1 hour)',
      StartDate: new Date(Date.now() + 1_000),
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: Attributes?.QueueArn, RoleArn: 'arn:aws:iam::000000000000:role/gap', Input: '{}' },
    }),
  );
  const receive = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: FIRES_WITHIN });
  const { Messages = [] } = await sqs.send(receive);
  sqs.destroy();
  scheduler.destroy();
  return Messages.length > 0;
}

async function firesAtUniversalTarget(endpoint: string): Promise<boolean> {
  const configuration = configurationFor(endpoint);
  const [sqs, scheduler] = [new SQSClient(configuration), new SchedulerClient(configuration)];
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'errand-gap-universal-targets' }));
  await scheduler.send(
    new CreateScheduleCommand({
      Name: 'errand-gap-universal-targets',
      ScheduleExpression: `at(${new Date().toISOString().slice(0, 19)})`,
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage',
        RoleArn: 'arn:aws:iam::000000000000:role/gap',
        Input: JSON.stringify({ QueueUrl, MessageBody: '{}' }),
      },
    }),
  );
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: FIRES_WITHIN }),
  );
  sqs.destroy();
  scheduler.destroy();
  return Messages.length > 0;
}

/** Returns the status of an API's response to an invalid path. */
async function statusOfLonePercentSign(endpoint: string): Promise<number> {
  const { apiId = '' } = await callHttpApi(endpoint, '', {
    name: 'errand-gap-paths-decoded-once',
    protocolType: 'HTTP',
  });
  await callHttpApi(endpoint, `/${apiId}/stages`, { stageName: '$default', autoDeploy: true });
  return (await fetch(`${endpoint}/_aws/execute-api/${apiId}/$default/%25`)).status;
}

async function takesValueThatMatchesNot(endpoint: string): Promise<boolean> {
  const ssm = new SSMClient(configurationFor(endpoint));
  const put = new PutParameterCommand({
    Name: 'errand-gap-unchecked-parameters',
    Type: 'String',
    AllowedPattern: '^\\d+$',
    Value: 'one',
  });
  const isTaken = await ssm.send(put).then(
    () => true,
    () => false,
  );
  ssm.destroy();
  return isTaken;
}
