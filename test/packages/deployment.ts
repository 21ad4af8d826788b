import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { CREDENTIALS, emulatorVariables, REGION } from '../emulator/cdk.ts';
import { createDatabase, type DatabaseSettings } from '../emulator/data-api.ts';
import { pathStyle, shareSecret } from '../emulator/deploy-stack.ts';
import { startTarget } from '../emulator/start-target.ts';
import type { Steps } from '../helpers/command-steps.ts';
import { PROJECT } from '../helpers/stack.ts';
import type { EmulatorTarget } from '../helpers/target.ts';
import { runIn, type Run } from './installed-app.ts';

/** The documentation's deployment sections, in the order in which the test follows them. */
const SECTIONS = [
  { page: 'docs/how-to/first-deploy.md', heading: '## 2. Check your account' },
  { page: 'docs/how-to/first-deploy.md', heading: '## 3. Bootstrap the CDK' },
  { page: 'docs/how-to/first-deploy.md', heading: '## 4. Deploy' },
  { page: 'docs/how-to/first-deploy.md', heading: '## 5. Send the first request' },
  { page: 'README.md', heading: '## Deploy it' },
  { page: 'docs/tutorial.md', heading: '## 6. Deploy the service' },
  { page: 'docs/how-to/first-deploy.md', heading: '## 6. Delete the stack' },
];

/** The name of the stack that `errand init` writes. */
const STACK_NAME = 'Jobs';

/** Matches the command that runs the tutorial's client. The test skips the command, because the client uses a job that this project doesn't have. */
const NOT_RUN = /^node submit\.ts$/;

/** Doctor's checks for a stack with an existing cluster. These checks fail, because MiniStack has no Aurora cluster. */
const OF_GIVEN_CLUSTER = ['cluster', 'secret'];

/** Doctor's checks for a stack that creates its own cluster. */
const OF_NEW_CLUSTER = ['engine', 'data api'];

/**
 * Runs the documentation's deployment commands against MiniStack, from `errand doctor` to `cdk destroy`, in a copy of a project that `errand init`
 * created. MiniStack has no Aurora cluster, so the copy's stack uses the test's own database.
 */
export async function followDeployment(project: string, folder: string, steps: Steps): Promise<void> {
  const target = await startTarget(steps);
  await copyProject(project, folder, await createDatabase(target.dataApiUrl, 'deployed'));
  const reader = new Reader(runIn(folder, steps.signal), target.awsEndpointUrl, steps.step);
  for (const { page, heading } of SECTIONS) {
    const section = sectionOf(await readFile(path.join(PROJECT, page), 'utf8'), heading);
    if (heading.endsWith('Delete the stack')) await allowDeletion(folder);
    for (const [, language, code = ''] of section.matchAll(/^```(console|text)\n(.*?)^```$/gms)) {
      if (language === 'text') reader.compareChecks(code);
      else
        for (const command of commandsOf(code)) {
          await reader.follow(command);
          if (command.startsWith('npx cdk deploy')) await shareSecrets(target);
        }
    }
  }
  reader.checkAll();
}

class Reader {
  readonly #run: Run;
  readonly #awsEndpointUrl: string;
  readonly #step: Steps['step'];
  readonly #environment: Record<string, string>;
  #output = '';
  #key = '';
  readonly #done: string[] = [];
  /** The outputs that `cdk deploy` printed. */
  #stackOutputs: Readonly<Record<string, string>> = {};

  constructor(run: Run, awsEndpointUrl: string, step: Steps['step']) {
    this.#run = run;
    this.#awsEndpointUrl = awsEndpointUrl;
    this.#step = step;
    this.#environment = { ...emulatorVariables(awsEndpointUrl), CDK_DISABLE_CLI_TELEMETRY: 'true' };
  }

  /** Runs a command, or sets the variable of an `export`. */
  async follow(line: string): Promise<void> {
    const [command = '', comment = ''] = line.split(/ +# */);
    const [, variable] = /^export (\w+)=/.exec(command) ?? [];
    if (variable !== undefined) this.#environment[variable] = this.#valueOf(variable, comment);
    else if (!NOT_RUN.test(command) && !this.#isRepetition(command)) await this.#perform(command);
  }

  /** Whether this CDK command has already run. Several pages show the same first deployment, so the test skips repeated commands. */
  #isRepetition(command: string): boolean {
    return command.startsWith('npx cdk ') && this.#done.includes(command);
  }

  /** Returns the value of an `export`: the stack output that its comment names, such as `the ApiUrl output`, or the created API key. */
  #valueOf(variable: string, comment: string): string {
    const [, name] = /^the (\w+) output$/.exec(comment) ?? [];
    if (name === undefined) {
      equal(variable, 'ERRAND_API_KEY');
      return this.#key;
    }
    const value = this.#stackOutputs[name];
    if (value === undefined) throw new Error(`cdk deploy printed no output ${name}.`);
    return name === 'ApiUrl' ? pathStyle(value, this.#awsEndpointUrl) : value;
  }

  async #perform(command: string): Promise<void> {
    // Without a terminal, the CDK can't ask for confirmation.
    const answered = command.replace(/^npx cdk destroy$/, '$& --force');
    const isDoctor = command === 'npx errand doctor';
    this.#output = await this.#step(
      `deploy: ${command.slice(0, 60)}`,
      this.#run('sh', ['-c', isDoctor ? `${answered} || true` : `${answered} 2>&1`], this.#environment),
    );
    if (isDoctor) {
      const missing = this.#done.includes('npx cdk bootstrap') ? [] : ['bootstrap'];
      deepEqual(checksIn(this.#output, 'error'), [...missing, ...OF_GIVEN_CLUSTER]);
    }
    if (command.startsWith('npx cdk deploy')) this.#stackOutputs = outputsIn(this.#output);
    if (command.startsWith('npx errand key create')) [this.#key = ''] = /errand_\w+/.exec(this.#output) ?? [];
    if (command.startsWith('npx errand submit')) match(this.#output, /^status +success$/m);
    this.#done.push(command);
  }

  /** Compares the check names on a page with the check names that the last command printed. */
  compareChecks(shown: string): void {
    const expected = checksIn(shown).filter((check) => !OF_NEW_CLUSTER.includes(check));
    deepEqual(checksIn(this.#output), [...expected, ...OF_GIVEN_CLUSTER]);
  }

  /** Checks that a job was submitted to the deployed stack, and that the last command deleted the stack. */
  checkAll(): void {
    ok(this.#done.some((command) => command.startsWith('npx errand submit')));
    equal(this.#done.at(-1), 'npx cdk destroy');
  }
}

/** Returns the names of doctor's checks, such as `credentials`, whose verdicts match `verdict`. */
function checksIn(output: string, verdict = 'ok|warning|error'): string[] {
  const lines = output.matchAll(new RegExp(`^(?:${verdict}) +(data api|\\w+) `, 'gm'));
  return [...lines].map(([, check = '']) => check);
}

/** Returns the stack outputs that `cdk deploy` printed, by name. */
function outputsIn(output: string): Record<string, string> {
  return Object.fromEntries(
    [...output.matchAll(/^\w+\.(\w+) = (\S+)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

function sectionOf(page: string, heading: string): string {
  const start = page.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`No page section "${heading}".`);
  const end = page.indexOf('\n## ', start + heading.length);
  return page.slice(start, end < 0 ? undefined : end);
}

const commandsOf = (block: string): string[] => block.split('\n').filter((line) => line !== '');

/** Copies the project's files, and links its packages. The copy's stack has no alarms, because MiniStack refuses metric math. */
async function copyProject(project: string, folder: string, database: DatabaseSettings): Promise<void> {
  await cp(project, folder, {
    recursive: true,
    filter: (source) => !/\/(node_modules|\.errand|cdk\.out)$/.test(source),
  });
  await symlink(path.join(project, 'node_modules'), path.join(folder, 'node_modules'));
  await edit(path.join(folder, 'bin/app.ts'), "jobs: 'jobs/index.ts'", (jobs) =>
    [
      jobs,
      'alarms: false',
      `auroraClusterArn: '${database.AURORA_CLUSTER_ARN}'`,
      `auroraSecretArn: '${database.AURORA_SECRET_ARN}'`,
      `auroraDatabaseName: '${database.AURORA_DATABASE_NAME}'`,
    ].join(', '),
  );
  await edit(path.join(folder, 'cdk.json'), '{', (brace) => `${brace} "requireApproval": "never",`);
}

/** Turns off deletion protection, as the page tells the reader to do before deleting the stack. */
const allowDeletion = (folder: string): Promise<void> =>
  edit(path.join(folder, 'bin/app.ts'), 'alarms: false', (alarms) => `${alarms}, deletionProtection: false`);

async function edit(file: string, old: string, replace: (old: string) => string): Promise<void> {
  const content = await readFile(file, 'utf8');
  ok(content.includes(old), `${file} does not contain ${old}.`);
  await writeFile(file, content.replace(old, replace));
}

/** Passes the stack's secrets to the Data API, which can't read the emulator's secrets itself. */
async function shareSecrets({ awsEndpointUrl, dataApiUrl }: Required<EmulatorTarget>): Promise<void> {
  const cloudFormation = new CloudFormationClient({
    endpoint: awsEndpointUrl,
    region: REGION,
    credentials: CREDENTIALS,
  });
  const { StackResources = [] } = await cloudFormation.send(
    new DescribeStackResourcesCommand({ StackName: STACK_NAME }),
  );
  for (const { ResourceType, PhysicalResourceId } of StackResources) {
    if (ResourceType === 'AWS::SecretsManager::Secret')
      await shareSecret(awsEndpointUrl, dataApiUrl, PhysicalResourceId);
  }
  cloudFormation.destroy();
}
