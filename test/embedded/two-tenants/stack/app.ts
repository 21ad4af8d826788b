import { App, Stack } from 'aws-cdk-lib/core';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import cdk from '../../../../cdk.json' with { type: 'json' };
import { addOutputs } from '../../../../lib/errand-stack.ts';
import { Errand } from '../../../../lib/errand.ts';
import { readSettings } from '../../../../lib/settings/read-settings.ts';

// The shared stack's CDK app. The app consists of Errand's own app and a Lambda function that runs a job.

const app = new App({ context: cdk.context });
const settings = readSettings(process.env, app.node.getAllContext() as Record<string, unknown>);
const stack = new Stack(app, settings.stackName);
const whose = new Function(stack, 'Whose', {
  code: Code.fromInline('exports.handler = async ({ tenant }) => ({ tenant });'),
  handler: 'index.handler',
  runtime: Runtime.NODEJS_24_X,
});
const errand = new Errand(stack, 'Errand', { ...settings, functions: { whose } });
addOutputs(stack, errand);
