import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { STSClient } from '@aws-sdk/client-sts';
import { format, resolveConfig } from 'prettier';
import { examine } from '../../bin/command-line/doctor/examine.ts';
import { createKeyTable } from '../../lambdas/access/key-table.ts';
import { SUITE } from '../deployed/suite.ts';
import { emulatorVariables, WITHOUT_ALARMS } from '../emulator/cdk.ts';
import { createDatabase, pauseDatabases } from '../emulator/data-api.ts';
import { completeDeployment, pathStyle } from '../emulator/deploy-stack.ts';
import { countTests, failuresOf } from '../emulator/results.ts';
import { runTests } from '../emulator/run-tests.ts';
import { runSteps, type Steps } from '../helpers/command-steps.ts';
import { run } from '../helpers/commands.ts';
import { PROJECT } from '../helpers/stack.ts';
import { deployWithCdk } from './deploy-with-cdk.ts';
import { commandsToDelete, destroyStack } from './destroy-stack.ts';
import { measure, ROUNDS, type Rounds } from './measure.ts';
import { reportText } from './report.ts';
import { readWords, USAGE, type Words } from './words.ts';

// Deploys a stack with a random name to your AWS account, tests and measures the stack, and destroys it. See "In AWS itself" in docs/testing.md.

const APP = 'node -C errand-source test/aws/app.ts';

/** The numbers of measurements in an emulator. The numbers are small, because these measurements only test this command's code. */
const REHEARSAL: Rounds = { statements: 20, coldStarts: 1, jobs: 3 };

/** How long an emulator's database takes to resume, in milliseconds. */
const EMULATED_RESUME_MS = 3_000;

/**
 * Configures this process's SDK clients, the CDK CLI and the tests for the account or the emulator.
 *
 * @returns the environment variables that contain this configuration
 */
function useAccount({ endpoint, profile, region }: Words): Record<string, string> {
  if (endpoint !== undefined) Object.assign(process.env, emulatorVariables(endpoint));
  if (profile !== undefined) {
    // These variables would select another account.
    for (const name of [
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
      'AWS_ENDPOINT_URL',
    ])
      Reflect.deleteProperty(process.env, name);
    process.env.AWS_PROFILE = profile;
  }
  if (region !== undefined) process.env.AWS_REGION = region;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith('AWS_') && value !== undefined ? [[name, value]] : [],
    ),
  );
}

async function regionOfAccount(): Promise<string> {
  const sts = new STSClient({});
  try {
    return await sts.config.region();
  } finally {
    sts.destroy();
  }
}

/** Runs the checks of `errand doctor`. @throws Error if the deploy would fail */
async function checkAccount({ profile, region, endpoint }: Words, app: string): Promise<void> {
  const nodeVersion = process.versions.node;
  const checks = await examine({
    profile,
    region,
    environment: process.env,
    project: PROJECT,
    app,
    nodeVersion,
  });
  for (const { name, status, message } of checks) console.log(`  ${status.padEnd(7)}  ${name}: ${message}`);
  // Some checks fail in an emulator, because emulators don't have account plans or engine versions.
  if (endpoint === undefined && checks.some(({ status }) => status === 'error'))
    throw new Error('The stack can’t be deployed to this account: the checks above say what to do.');
}

async function destroy(name: string, deploying: Promise<unknown>, inEmulator: boolean): Promise<void> {
  const wasInterrupted = await deploying.then(
    () => false,
    () => true,
  );
  console.log(
    `Destroying the stack ${name}. In AWS this takes about ten minutes; a second Ctrl-C leaves it to you.`,
  );
  const left = await destroyStack({}, name, { mayAppear: wasInterrupted, afterOperation: inEmulator });
  if (left.length === 0) {
    console.log('Nothing is left of the stack.');
    return;
  }
  const lines = left.map(({ what, command }) => `  ${what}: ${command}`);
  throw new Error(`Left behind, with the commands that remove it:\n${lines.join('\n')}`);
}

async function runAll(steps: Steps, words: Words): Promise<number> {
  const { signal, dir, step } = steps;
  const { endpoint, dataApi, pauseMinutes } = words;
  const awsVariables = useAccount(words);
  const region = await regionOfAccount();
  const name = `errand-test-${randomBytes(4).toString('hex')}`;
  console.log(`The stack is ${name}, in ${endpoint ?? region}.`);

  const settings = {
    AUTH: 'api-key',
    ALLOW_UNAUTHENTICATED: 'false',
    ...(endpoint !== undefined && WITHOUT_ALARMS),
    ...words.settings,
    ...(dataApi !== undefined && (await createDatabase(dataApi, name.replaceAll('-', '')))),
  };
  Object.assign(process.env, settings, { STACK_NAME: name, DELETION_PROTECTION: 'false' });
  await step('checks', checkAccount(words, APP));

  signal.throwIfAborted();
  const deploying = deployWithCdk({ name, awsVariables, settings, folder: dir, app: APP, signal });
  steps.atEnd(() => destroy(name, deploying, endpoint !== undefined));
  steps.ifAbandoned(() => {
    console.error(`\nAbandoned: the stack ${name} still exists, and costs money. Remove it:`);
    for (const command of commandsToDelete(name)) console.error(`  ${command}`);
  });
  const { outputs, template } = await step('cdk deploy', deploying);
  if (endpoint !== undefined) {
    const kind = dataApi === undefined ? ('emulator' as const) : ('ministack' as const);
    const target = { kind, awsEndpointUrl: endpoint, ...(dataApi !== undefined && { dataApiUrl: dataApi }) };
    await completeDeployment(target, outputs, template);
  }
  const apiUrl = endpoint === undefined ? (outputs.ApiUrl ?? '') : pathStyle(outputs.ApiUrl ?? '', endpoint);
  const apiKey = await createApiKey(outputs.KeyTableName ?? '');

  const results = await step('tests', runTests(steps, { kind: 'deployment', url: apiUrl, apiKey }, SUITE));
  const { passed, failed, skipped } = countTests(results);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);

  const measuring = measure({
    configuration: {},
    outputs,
    apiUrl,
    apiKey,
    rounds: endpoint === undefined ? ROUNDS : REHEARSAL,
    async pause() {
      if (dataApi !== undefined) await pauseDatabases(dataApi, EMULATED_RESUME_MS);
      else if (endpoint === undefined) await wait(pauseMinutes * 60_000, undefined, { signal });
    },
    signal,
  });
  const measurements = await step('measurements', measuring);
  const commit = (await run('git', ['rev-parse', '--short', 'HEAD'], process.env)).trim();
  const date = new Date().toISOString().slice(0, 10);
  const text = reportText(measurements, { region, date, commit, endpoint, pauseMinutes });
  await mkdir(path.dirname(words.report), { recursive: true });
  const style = await resolveConfig(path.join(PROJECT, 'docs/README.md'));
  await writeFile(words.report, await format(text, { ...style, parser: 'markdown' }));
  console.log(`The measurements are in ${path.relative(PROJECT, words.report)}.`);
  for (const failure of failuresOf(results)) console.log(failure);
  return failed === 0 && results.success ? 0 : 1;
}

/** Creates a key for a tenant that only the tests use. The key is deleted with the stack. */
async function createApiKey(tableName: string): Promise<string> {
  const dynamoDb = new DynamoDBClient({});
  try {
    const keys = createKeyTable(dynamoDb, tableName, () => new Date());
    const { key } = await keys.create({
      name: 'test:aws',
      tenant: 'errand-tests',
      scopes: ['read', 'submit'],
      expireTime: null,
    });
    return key;
  } finally {
    dynamoDb.destroy();
  }
}

let words: Words;
try {
  words = readWords(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n${USAGE}`);
  process.exit(2);
}
await runSteps('aws', (steps) => runAll(steps, words));
