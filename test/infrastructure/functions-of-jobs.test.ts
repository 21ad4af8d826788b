import { describe, expect, it } from '@jest/globals';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Alias, Code, Function, Runtime, type IFunction, type IVersion } from 'aws-cdk-lib/aws-lambda';
import path from 'node:path';
import { Errand, type ErrandProps } from '../../lib/errand.ts';
import { unbundledApp } from './errand-template.ts';

const FOLDER = path.relative(process.cwd(), path.resolve(import.meta.dirname, '../jobs-files'));
const QUEUES = { videos: { timeout: Duration.seconds(60) } };

type Functions = (stack: Stack) => Record<string, IFunction>;

function pythonFunction(stack: Stack, id: string, seconds = 3): Function {
  return new Function(stack, id, {
    code: Code.fromInline('def handler(event, context): pass'),
    handler: 'index.handler',
    runtime: Runtime.PYTHON_3_13,
    timeout: Duration.seconds(seconds),
  });
}

function synthesize(
  functions: Functions,
  props: Partial<Record<keyof ErrandProps, unknown>> = {},
): { stack: Stack; template: Template } {
  // The functions are bundled for this host, because bundling for Lambda would install native packages from a registry.
  const app = unbundledApp();
  app.node.setContext('errand:run-on-host', true);
  const stack = new Stack(app, 'Test', { env: { account: '123456789012', region: 'eu-central-1' } });
  new Errand(stack, 'Errand', {
    jobs: `${FOLDER}/functions.ts`,
    queues: QUEUES,
    functions: functions(stack),
    ...(props as ErrandProps),
  });
  return { stack, template: Template.fromStack(stack) };
}

const both: Functions = (stack) => ({
  transcode: pythonFunction(stack, 'Transcode'),
  count: pythonFunction(stack, 'Count'),
});

/** Returns the functions that a queue's worker may invoke. */
function invocable(template: Template, worker: string): unknown[] {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy'));
  const [, policy] = policies.find(([id]) => id.startsWith(`Errand${worker}FunctionRole`)) ?? [];
  const { PolicyDocument: document } = policy?.Properties as {
    PolicyDocument: { Statement: { Action: unknown; Resource: unknown }[] };
  };
  return document.Statement.filter(({ Action: action }) => action === 'lambda:InvokeFunction').flatMap(
    ({ Resource: resource }) => resource,
  );
}

/** Finds a worker by its description, and returns the environment variable that lists the functions it may invoke. */
function variableOf(template: Template, description: string): unknown {
  const [found] = Object.values(
    template.findResources('AWS::Lambda::Function', { Properties: { Description: description } }),
  ) as { Properties: { Environment: { Variables: Record<string, unknown> } } }[];
  return found?.Properties.Environment.Variables.FUNCTIONS;
}

describe('a stack with functions that run jobs', () => {
  const { template } = synthesize(both);

  it("lets each worker invoke the functions of its queue's jobs, and no others", () => {
    const transcode = JSON.stringify(invocable(template, 'Workervideos'));
    expect(transcode).toContain('"Transcode');
    expect(transcode).not.toContain('"Count');
    const count = JSON.stringify(invocable(template, 'Worker'));
    expect(count).toContain('"Count');
    expect(count).not.toContain('"Transcode');
  });

  it("tells each worker the functions of its queue's jobs", () => {
    expect(JSON.stringify(variableOf(template, 'Runs the jobs in the videos queue.'))).toMatch(
      /\{\\"transcode\\":\\"",\{"Fn::GetAtt":\["Transcode/,
    );
    expect(JSON.stringify(variableOf(template, 'Runs jobs.'))).toMatch(
      /\{\\"count\\":\\"",\{"Fn::GetAtt":\["Count/,
    );
  });

  it('sets no such variable if no job runs in a function', () => {
    const plain = synthesize(() => ({}), { jobs: `${FOLDER}/two-queues.ts`, queues: { images: {} } });
    expect(variableOf(plain.template, 'Runs jobs.')).toBeUndefined();
  });

  it('accepts an alias and an imported function', () => {
    const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:count';
    const mixed = synthesize((stack) => ({
      transcode: new Alias(stack, 'Live', {
        aliasName: 'live',
        version: pythonFunction(stack, 'Transcode').currentVersion as IVersion,
      }) as IFunction,
      count: Function.fromFunctionArn(stack, 'Imported', arn),
    }));
    expect(variableOf(mixed.template, 'Runs jobs.')).toBe(JSON.stringify({ count: arn }));
    expect(invocable(mixed.template, 'Worker')).toEqual([arn, `${arn}:*`]);
    expect(JSON.stringify(invocable(mixed.template, 'Workervideos'))).toContain('"Live');
  });

  it("warns about a function whose timeout exceeds its job's", () => {
    const { stack } = synthesize((scope) => ({
      transcode: pythonFunction(scope, 'Transcode', 61),
      count: pythonFunction(scope, 'Count', 30),
    }));
    const annotations = Annotations.fromStack(stack);
    annotations.hasWarning(
      '/Test/Errand',
      Match.stringLikeRegexp(
        'The function of the job "transcode" may run for 61 seconds, but an attempt at the job only for 60',
      ),
    );
    annotations.hasNoWarning('/Test/Errand', Match.stringLikeRegexp('the job "count"'));
  });
});

describe('a stack is refused at synth', () => {
  it.each<[what: string, functions: Functions, props: object, message: string]>([
    [
      'if a job has no function',
      (stack) => ({ count: pythonFunction(stack, 'Count') }),
      {},
      `The jobs file ${FOLDER}/functions.ts can't be used:
  job "transcode": it runs in a Lambda function, but the stack provides none: add { transcode: fn } to functions of the Errand construct`,
    ],
    [
      'if a function has no job',
      (stack) => ({ ...both(stack), resize: pythonFunction(stack, 'Resize') }),
      {},
      `functions contains "resize", but there is no such job: export functionJob('resize', { … }), or remove the function`,
    ],
    [
      'if the job of a function runs in the worker',
      (stack) => ({ ...both(stack), greet: pythonFunction(stack, 'Greet') }),
      {},
      'functions contains "greet", but the job "greet" runs in the worker: define it with functionJob, or remove the function',
    ],
    [
      'if it has functions and no jobs file',
      both,
      { jobs: undefined },
      'functions contains "transcode", "count", but there is no jobs file: set jobs to a file that exports',
    ],
  ])('%s', (_what, functions, props, message) => {
    expect(() => synthesize(functions, props)).toThrow(message);
  });
});
