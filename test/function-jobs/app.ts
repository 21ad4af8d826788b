import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib/core';
import { Alias, Code, Function, Runtime, type IFunction, type IVersion } from 'aws-cdk-lib/aws-lambda';
import path from 'node:path';
import cdk from '../../cdk.json' with { type: 'json' };
import { addOutputs } from '../../lib/errand-stack.ts';
import { Errand } from '../../lib/errand.ts';
import { readSettings } from '../../lib/settings/read-settings.ts';

// A CDK app. Its jobs file contains jobs that run in Python functions.

const app = new App({ context: cdk.context });
const settings = readSettings(process.env, app.node.getAllContext() as Record<string, unknown>);
const stack = new Stack(app, settings.stackName);

function pythonFunction(id: string, handler: string, reservedConcurrentExecutions?: number): Function {
  return new Function(stack, id, {
    code: Code.fromAsset(path.join(import.meta.dirname, 'reports')),
    handler,
    runtime: Runtime.PYTHON_3_13,
    timeout: Duration.seconds(7),
    ...(reservedConcurrentExecutions !== undefined && { reservedConcurrentExecutions }),
  });
}

const oneAtATime = pythonFunction('OneAtATime', 'act.wait', 1);
const errand = new Errand(stack, 'Errand', {
  ...settings,
  functions: {
    report: pythonFunction('Report', 'app.handler'),
    act: new Alias(stack, 'ActLive', {
      aliasName: 'live',
      version: pythonFunction('Act', 'act.handler').currentVersion as IVersion,
    }) as IFunction,
    'one-at-a-time': oneAtATime,
  },
});
addOutputs(stack, errand);
new CfnOutput(stack, 'OneAtATimeName', { value: oneAtATime.functionName });
for (const name of Object.keys(settings.queues ?? {})) {
  const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}WorkerFunctionName`;
  new CfnOutput(stack, id, { value: errand.queue(name).function.functionName });
}
