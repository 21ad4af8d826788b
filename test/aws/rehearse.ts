import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { CloudFormationClient, paginateListStacks, type StackSummary } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { cdk, CREDENTIALS, emulatorVariables, REGION } from '../emulator/cdk.ts';
import { startTarget } from '../emulator/start-target.ts';
import { runSteps, type Steps } from '../helpers/command-steps.ts';
import { PROJECT } from '../helpers/stack.ts';
import type { EmulatorTarget } from '../helpers/target.ts';
import { destroyStack } from './destroy-stack.ts';

// Runs `npm run test:aws` against MiniStack, once without an interruption, and once for each kind of interruption. No run may leave resources behind.

/** An interruption of the command at a `moment`: when the command prints a line with a prefix, or when the stack reaches a status. */
interface Interruption {
  readonly when: string;
  /** Whether to send a second SIGINT while the stack is being destroyed. */
  readonly abandons?: boolean;
  readonly moment: { readonly line: string } | { readonly stackStatus: string };
}

const INTERRUPTIONS: readonly Interruption[] = [
  { when: 'during the checks', moment: { line: 'The stack is ' } },
  { when: 'while the CDK prepares the change set', moment: { stackStatus: 'REVIEW_IN_PROGRESS' } },
  { when: 'while CloudFormation creates the stack', moment: { stackStatus: 'CREATE_IN_PROGRESS' } },
  { when: 'during the tests', moment: { line: 'cdk deploy ' } },
  { when: 'during the measurements', moment: { line: 'tests ' } },
];

/** An interruption by two SIGINTs. After the second SIGINT, the command exits, and the user has to delete the stack. */
const ABANDONMENT: Interruption = {
  when: 'twice',
  moment: { line: 'cdk deploy ' },
  abandons: true,
};

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs the command, and interrupts it with SIGINT. */
async function testAws(
  { dir, atEnd }: Steps,
  target: Required<EmulatorTarget>,
  interruption?: Interruption,
  settings: readonly string[] = [],
): Promise<Ended> {
  const words = [
    ...['--endpoint', target.awsEndpointUrl, '--data-api', target.dataApiUrl],
    ...['--report', path.join(dir, 'aws-measurements.md')],
    ...settings.flatMap((setting) => ['--setting', setting]),
  ];
  const child = spawn(process.execPath, ['-C', 'errand-source', 'test/aws/main.ts', ...words], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  atEnd(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  });
  const interrupt = (): void => void child.kill('SIGINT');
  const moment = interruption?.moment;
  const ended = new AbortController();
  const watching =
    moment && 'stackStatus' in moment
      ? untilStackStatus(target, moment.stackStatus, ended.signal).then(interrupt, () => undefined)
      : undefined;
  const errors = text(child.stderr);
  let output = '';
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(`  | ${line}`);
    output += `${line}\n`;
    if (moment && 'line' in moment && line.startsWith(moment.line)) interrupt();
    if (interruption?.abandons && line.startsWith('Destroying ')) interrupt();
  }
  const [code] = await exited;
  ended.abort();
  await watching;
  return { code, output, errors: await errors };
}

const configurationOf = ({ awsEndpointUrl: endpoint }: EmulatorTarget) => ({
  endpoint,
  region: REGION,
  credentials: CREDENTIALS,
});

async function stacksOf(target: EmulatorTarget): Promise<StackSummary[]> {
  const client = new CloudFormationClient(configurationOf(target));
  const stacks: StackSummary[] = [];
  for await (const page of paginateListStacks({ client }, {})) stacks.push(...(page.StackSummaries ?? []));
  client.destroy();
  return stacks.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
}

async function untilStackStatus(target: EmulatorTarget, status: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const stacks = await stacksOf(target);
    if (stacks.some(({ StackStatus, StackName }) => StackStatus === status && StackName !== 'CDKToolkit'))
      return;
  }
}

/** Lists the names of all existing resources of the types that a test stack creates. */
async function inventory(target: EmulatorTarget): Promise<string[]> {
  const configuration = configurationOf(target);
  const [lambda, dynamoDb, sqs] = [
    new LambdaClient(configuration),
    new DynamoDBClient(configuration),
    new SQSClient(configuration),
  ];
  const [s3, logs, secrets] = [
    new S3Client({ ...configuration, forcePathStyle: true }),
    new CloudWatchLogsClient(configuration),
    new SecretsManagerClient(configuration),
  ];
  const names = [
    (await stacksOf(target)).map(({ StackName }) => `stack ${StackName ?? ''}`),
    (await lambda.send(new ListFunctionsCommand({}))).Functions?.map(
      (each) => `function ${each.FunctionName ?? ''}`,
    ),
    (await dynamoDb.send(new ListTablesCommand({}))).TableNames?.map((each) => `table ${each}`),
    (await sqs.send(new ListQueuesCommand({}))).QueueUrls?.map((each) => `queue ${each}`),
    (await s3.send(new ListBucketsCommand({}))).Buckets?.map((each) => `bucket ${each.Name ?? ''}`),
    (await logs.send(new DescribeLogGroupsCommand({}))).logGroups?.map(
      (each) => `log group ${each.logGroupName ?? ''}`,
    ),
    (await secrets.send(new ListSecretsCommand({}))).SecretList?.map((each) => `secret ${each.Name ?? ''}`),
  ].flatMap((each) => each ?? []);
  for (const client of [lambda, dynamoDb, sqs, s3, logs, secrets]) client.destroy();
  return names.sort();
}

await runSteps('rehearsal', async (steps) => {
  const target = await startTarget(steps);
  const variables = emulatorVariables(target.awsEndpointUrl);
  await steps.step('cdk bootstrap', cdk(variables, ['bootstrap'], {}, steps.signal));
  const before = await inventory(target);
  const failures: string[] = [];
  const checkNothingLeft = async (when: string): Promise<void> => {
    const left = (await inventory(target)).filter((name) => !before.includes(name));
    if (left.length > 0) failures.push(`${when}: left behind ${left.join(', ')}`);
  };

  const whole = await steps.step('test:aws', testAws(steps, target));
  if (whole.code !== 0) failures.push(`test:aws exited with ${String(whole.code)}:\n${whole.errors}`);
  else {
    const report = await readFile(path.join(steps.dir, 'aws-measurements.md'), 'utf8');
    if (!report.includes('say nothing about AWS')) failures.push('the report does not name the emulator');
    if (!/after a pause took [3-9]\./.test(report)) failures.push(`no resume was measured:\n${report}`);
  }
  await checkNothingLeft('after the whole run');

  for (const interruption of INTERRUPTIONS) {
    const { when } = interruption;
    const { code } = await steps.step(`interrupted ${when}`, testAws(steps, target, interruption));
    if (code === 0) failures.push(`interrupted ${when}, test:aws exited with 0`);
    await checkNothingLeft(`interrupted ${when}`);
  }

  const refused = await steps.step('failed deploy', testAws(steps, target, undefined, ['JOB_TIMEOUT=901']));
  if (refused.code !== 1 || !refused.errors.includes('JOB_TIMEOUT'))
    failures.push(`a failed deploy exited with ${String(refused.code)}: ${refused.errors}`);
  await checkNothingLeft('after a failed deploy');

  const abandoned = await steps.step('interrupted twice', testAws(steps, target, ABANDONMENT));
  const [, name = ''] = /delete-stack --stack-name (\S+)/.exec(abandoned.errors) ?? [];
  if (abandoned.code !== 130 || name === '')
    failures.push(`interrupted twice, test:aws exited with ${String(abandoned.code)}: ${abandoned.errors}`);
  else await destroyStack(configurationOf(target), name, { afterOperation: true });
  await checkNothingLeft('after the stack of an abandoned run was deleted by its name');

  for (const failure of failures) console.error(failure);
  console.log(`${3 + INTERRUPTIONS.length} runs, ${failures.length} failures`);
  return failures.length === 0 ? 0 : 1;
});
