import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Stack, Validations } from 'aws-cdk-lib/core';
import type { App } from 'aws-cdk-lib/core';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import { Errand } from '../../lib/errand.ts';
import { ErrandStack } from '../../lib/errand-stack.ts';
import { COMBINATIONS } from './combinations.ts';
import { unbundledApp } from './errand-template.ts';

interface Report {
  pluginReports: { violations: { ruleName: string; violatingConstructs: { constructPath: string }[] }[] }[];
}

/** Returns the findings of cdk-nag's AwsSolutions rules, as `<rule> at <construct>`. */
async function findings(build: (app: App) => void): Promise<string[]> {
  const outdir = await mkdtemp(path.join(os.tmpdir(), 'errand-rules-'));
  try {
    const app = unbundledApp({ outdir });
    build(app);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    try {
      app.synth();
    } catch (error) {
      // Findings make the synth fail. The report lists the findings.
      if (!String(error).includes('validation-report.json')) throw error;
    }
    const report = JSON.parse(await readFile(path.join(outdir, 'validation-report.json'), 'utf8')) as Report;
    return report.pluginReports
      .flatMap(({ violations }) => violations)
      .flatMap(({ ruleName, violatingConstructs }) =>
        violatingConstructs.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
      );
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

describe('the AWS Solutions rules of cdk-nag find only what the construct explicitly suppresses', () => {
  it.each(Object.keys(COMBINATIONS))('with %s', async (name) => {
    expect(await findings((app) => new ErrandStack(app, 'Errand', COMBINATIONS[name]))).toEqual([]);
  });

  it('with a function that may submit', async () => {
    const found = await findings((app) => {
      const stack = new Stack(app, 'Shop');
      const fn = new Function(stack, 'Checkout', {
        code: Code.fromInline('exports.handler = () => {};'),
        handler: 'index.handler',
        runtime: Runtime.NODEJS_24_X,
        role: new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
      });
      new Errand(stack, 'Errand').grantSubmit(fn);
    });
    expect(found).toEqual([]);
  });

  it('but would find an unsuppressed problem', async () => {
    const found = await findings((app) => {
      const stack = new ErrandStack(app, 'Errand');
      stack.node
        .findChild('Errand')
        .node.findChild('Uploads')
        .node.findChild('Bucket')
        .node.tryRemoveChild('Policy');
    });
    expect(found).toEqual([expect.stringMatching(/^AwsSolutions-S10.* at Errand\/Errand\/Uploads\/Bucket/)]);
  });
});
