import { App, Stack } from 'aws-cdk-lib/core';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import cdk from '../../cdk.json' with { type: 'json' };
import { addOutputs } from '../../lib/errand-stack.ts';
import { Errand } from '../../lib/errand.ts';
import { readSettings } from '../../lib/settings/read-settings.ts';

// A chaos run's CDK app. The app consists of Errand's own app and a Lambda function that runs jobs. A job's payload says on how many attempts the
// function dies.

const app = new App({ context: cdk.context });
const settings = readSettings(process.env, app.node.getAllContext() as Record<string, unknown>);
const stack = new Stack(app, settings.stackName);
const double = new Function(stack, 'Double', {
  code: Code.fromInline(
    `exports.handler = async ({ attempt, payload: { number, deaths } }) => {
      if (attempt <= deaths) process.exit(1);
      return { doubled: 2 * number };
    };`,
  ),
  handler: 'index.handler',
  runtime: Runtime.NODEJS_24_X,
});
addOutputs(stack, new Errand(stack, 'Errand', { ...settings, functions: { double } }));
