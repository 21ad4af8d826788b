#!/usr/bin/env node
import { App } from 'aws-cdk-lib';
import cdk from '../cdk.json' with { type: 'json' };
import { ErrandStack } from '../lib/errand-stack.ts';
import { readSettings, SettingsError } from '../lib/settings/read-settings.ts';

// The CDK CLI passes the context of cdk.json on; without the CLI it comes from the same file.
const app = new App({ context: cdk.context });

try {
  const settings = readSettings(process.env, app.node.getAllContext() as Record<string, unknown>);
  new ErrandStack(app, settings.stackName, settings);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
