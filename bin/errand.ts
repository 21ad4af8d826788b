#!/usr/bin/env node
import { Annotations, App } from 'aws-cdk-lib/core';
import cdk from '../cdk.json' with { type: 'json' };
import { ErrandStack } from '../lib/errand-stack.ts';
import { JobsFileError } from '../lib/jobs/jobs-file-error.ts';
import { misspelledSettings } from '../lib/settings/misspelled.ts';
import { readSettings, SettingsError } from '../lib/settings/read-settings.ts';

// Normally, the CDK CLI passes the context from cdk.json to the app. Without the CLI, this app reads cdk.json itself.
const app = new App({ context: cdk.context });
const context = app.node.getAllContext() as Record<string, unknown>;
const warnings = misspelledSettings(Object.keys(process.env), Object.keys(context));

try {
  const settings = readSettings(process.env, context);
  const stack = new ErrandStack(app, settings.stackName, settings);
  for (const { name, warning } of warnings) {
    Annotations.of(stack).addWarningV2(`errand:misspelled-setting:${name}`, warning);
  }
} catch (error) {
  if (!(error instanceof SettingsError || error instanceof JobsFileError)) throw error;
  // The synth fails, but prints the warnings first, because a misspelled setting may have caused the error.
  for (const { warning } of warnings) process.stderr.write(`Warning: ${warning}\n`);
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
