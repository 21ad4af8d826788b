#!/usr/bin/env node
import { Annotations, App } from 'aws-cdk-lib/core';
import cdk from '../cdk.json' with { type: 'json' };
import { ErrandStack } from '../lib/errand-stack.ts';
import { JobsFileError } from '../lib/jobs/jobs-file-error.ts';
import { misspelledSettings } from '../lib/settings/misspelled.ts';
import { readSettings, SettingsError } from '../lib/settings/read-settings.ts';

// The CDK CLI passes on the context from cdk.json. Without the CLI, this app reads the context from that file.
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
  // A misspelled name may be the reason for an invalid setting.
  for (const { warning } of warnings) process.stderr.write(`Warning: ${warning}\n`);
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
