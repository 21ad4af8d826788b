import path from 'node:path';
import { App, CfnOutput, Duration } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import cdk from '../../cdk.json' with { type: 'json' };
import { Errand } from '../../lib/errand.ts';
import { ErrandStack } from '../../lib/errand-stack.ts';
import { readSettings } from '../../lib/settings/read-settings.ts';

// The stack of this repository's app, plus a function that measures Data API calls.

const app = new App({ context: cdk.context });
const settings = readSettings(process.env, app.node.getAllContext() as Record<string, unknown>);
const stack = new ErrandStack(app, settings.stackName, settings);
const errand = stack.node.findChild('Errand');
if (!(errand instanceof Errand)) throw new Error('The stack has no Errand.');
const { database } = errand;
const measurement = new NodejsFunction(stack, 'Measurement', {
  entry: path.join(import.meta.dirname, 'measurement-function.ts'),
  runtime: Runtime.NODEJS_24_X,
  memorySize: 1024,
  timeout: Duration.minutes(5),
  // The SDK is bundled, because an emulator's runtime may not contain the SDK.
  bundling: { externalModules: [], forceDockerBundling: false },
  environment: {
    CLUSTER_ARN: database.clusterArn,
    SECRET_ARN: database.applicationSecretArn,
    DATABASE_NAME: database.databaseName,
  },
});
database.grantStatements(measurement);
new CfnOutput(stack, 'MeasurementFunctionName', { value: measurement.functionName });
