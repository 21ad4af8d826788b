import { describe, expect, it } from '@jest/globals';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib/core';
import { Template } from 'aws-cdk-lib/assertions';
import { Errand, type ErrandProps } from '../../lib/errand.ts';

const FOLDER = path.relative(process.cwd(), path.resolve(import.meta.dirname, '../jobs-files'));

function synthesize(props: ErrandProps, runOnHost: boolean | string = true) {
  // The functions are bundled for this host, because bundling for Lambda would install native packages from a registry.
  const app = new App({
    context: { 'errand:run-on-host': runOnHost, 'aws:cdk:disable-creation-stack-traces': true },
  });
  const stack = new Stack(app, 'Test');
  new Errand(stack, 'Errand', props);
  const template = Template.fromStack(stack);
  const { directory } = app.synth();
  /** Returns the code folder of the function that has this description. */
  const codeOf = (description: string): string => {
    const [found] = Object.values(
      template.findResources('AWS::Lambda::Function', { Properties: { Description: description } }),
    ) as { Properties: { Code: { S3Key: string } } }[];
    if (!found) throw new Error(`There is no function "${description}".`);
    return path.join(directory, `asset.${found.Properties.Code.S3Key.replace('.zip', '')}`);
  };
  return {
    template,
    worker: codeOf('Runs jobs.'),
    api: codeOf('Serves the HTTP API: submits, reads, cancels and retries jobs.'),
  };
}

interface SourceMap {
  sources: string[];
}

describe('a stack with a jobs file', () => {
  const { template, worker, api } = synthesize({ jobs: `${FOLDER}/service/index.ts` });

  it("puts the user's bundle next to the worker, with its source map and native packages", () => {
    expect(readdirSync(path.join(worker, 'jobs')).sort()).toEqual([
      'index.mjs',
      'index.mjs.map',
      'node_modules',
    ]);
    expect(readdirSync(path.join(worker, 'jobs/node_modules'))).toEqual(['sharp']);
  });

  it('links native packages if the command line says that the stack runs on this machine', () => {
    // With `-c errand:run-on-host=true`, the CDK CLI passes a string instead of a boolean.
    const { worker: onHost } = synthesize({ jobs: `${FOLDER}/service/index.ts` }, 'true');
    expect(lstatSync(path.join(onHost, 'jobs/node_modules/sharp')).isSymbolicLink()).toBe(true);
  });

  it("maps to the user's sources as if the project were in the function's folder", () => {
    const map = JSON.parse(readFileSync(path.join(worker, 'jobs/index.mjs.map'), 'utf8')) as SourceMap;
    expect(map.sources).toContain('../test/jobs-files/service/failure.ts');
    for (const source of map.sources) expect(source).toMatch(/^\.\.\/(?!\.\.)/);
  });

  it('gives the API the job types without their handlers', () => {
    const module = readFileSync(path.join(api, 'job-types.mjs'), 'utf8');
    expect(module).toContain('"paint"');
    expect(module).not.toContain('sharp');
    expect(existsSync(path.join(api, 'jobs'))).toBe(false);
  });

  it('passes the file’s name to the worker, and the built-in jobs to both functions', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Runs jobs.',
      Environment: { Variables: { JOBS: `${FOLDER}/service/index.ts`, BUILT_IN_JOBS: 'true' } },
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Serves the HTTP API: submits, reads, cancels and retries jobs.',
      Environment: { Variables: { BUILT_IN_JOBS: 'true' } },
    });
  });
});

describe('a stack with a jobs file and two queues', () => {
  const { template } = synthesize({ jobs: `${FOLDER}/two-queues.ts`, queues: { images: {} } });

  it('gives both workers the same code', () => {
    const codes = ['Runs jobs.', 'Runs the jobs in the images queue.'].map((description) => {
      const found = template.findResources('AWS::Lambda::Function', {
        Properties: { Description: description },
      });
      return Object.values(found).map(({ Properties }) => (Properties as { Code: unknown }).Code);
    });
    expect(codes[0]).toHaveLength(1);
    expect(codes[0]).toEqual(codes[1]);
  });

  it('gives both workers the API’s URL for approval links, or the URL in the setting', () => {
    const workersOf = (stack: Template): unknown[] =>
      Object.values(stack.findResources('AWS::Lambda::Function')).flatMap(({ Properties }) => {
        const { Environment } = Properties as {
          Environment?: { Variables: { APPROVALS_URL?: unknown } };
        };
        return Environment?.Variables.APPROVALS_URL ?? [];
      });
    const ofApi = { 'Fn::GetAtt': [expect.stringMatching(/^ErrandApiHttpApi/), 'ApiEndpoint'] };
    expect(workersOf(template)).toEqual([ofApi, ofApi]);
    const approvalsUrl = 'https://jobs.example.com';
    const named = synthesize({ jobs: `${FOLDER}/steps.ts`, approvalsUrl });
    expect(workersOf(named.template)).toEqual([approvalsUrl]);
  });

  it('tells the `scheduled` function which job types are in the other queue', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Submits the job when a schedule fires.',
      Environment: { Variables: { JOB_QUEUES: '{"develop":"images"}' } },
    });
  });
});

describe('a jobs file is refused at synth', () => {
  it.each<[what: string, props: ErrandProps, message: string]>([
    [
      'that does not exist',
      { jobs: `${FOLDER}/missing.ts` },
      `The jobs file ${FOLDER}/missing.ts can't be used:\n  it does not exist`,
    ],
    [
      'that names a queue that the stack lacks',
      { jobs: `${FOLDER}/images.ts` },
      `The jobs file ${FOLDER}/images.ts can't be used:\n  job "resize": the stack has no queue "images": add it to queues, or use one of default`,
    ],
    [
      'whose job may run for longer than its queue',
      { jobs: `${FOLDER}/images.ts`, queues: { images: { timeout: Duration.seconds(10) } } },
      `The jobs file ${FOLDER}/images.ts can't be used:\n  job "resize": timeoutSeconds is 30, but its queue "images" has a timeout of 10 seconds: lower timeoutSeconds, or raise the queue's timeout`,
    ],
    [
      'with the name of a built-in job',
      { jobs: `${FOLDER}/built-in-names.ts` },
      `The jobs file ${FOLDER}/built-in-names.ts can't be used:
  job "sleep": a built-in job has this name: rename yours, or turn off the built-in one with builtInJobs
  job "webhook": a built-in job has this name: rename yours, because the built-in job sends the callbacks`,
    ],
    [
      'with the name of the job that sends callbacks, even if clients cannot submit it',
      { jobs: `${FOLDER}/built-in-names.ts`, builtInJobs: false },
      `The jobs file ${FOLDER}/built-in-names.ts can't be used:
  job "webhook": a built-in job has this name: rename yours, because the built-in job sends the callbacks`,
    ],
    [
      'with the name of bulk jobs, even if clients cannot submit any built-in job',
      { jobs: `${FOLDER}/bulk.ts`, builtInJobs: false },
      `The jobs file ${FOLDER}/bulk.ts can't be used:
  job "bulk": a built-in job has this name: rename yours, because POST /v1/jobs/bulk submits the built-in job`,
    ],
    [
      'with two jobs whose schemas would have the same name',
      { jobs: `${FOLDER}/one-schema-name.ts` },
      `The jobs file ${FOLDER}/one-schema-name.ts can't be used:
  job "a_b": its schema ABPayload in the OpenAPI document would replace the schema of the job "a-b": rename the job
  job "scheduled": its schema ScheduledSubmission in the OpenAPI document would replace Errand's own: rename the job`,
    ],
  ])('%s', (_what, props, message) => {
    expect(() => synthesize(props)).toThrow(message);
  });
});
