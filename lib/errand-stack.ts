import { CfnOutput, Stack } from 'aws-cdk-lib/core';
import type { StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { Errand } from './errand.ts';
import type { ErrandProps } from './errand.ts';
import { outputsOf } from './outputs.ts';

export interface ErrandStackProps extends ErrandProps, StackProps {}

/** A stack with one Errand. The stack's outputs contain the values that callers and operators need. */
export class ErrandStack extends Stack {
  constructor(scope: Construct, id: string, props: ErrandStackProps = {}) {
    super(scope, id, {
      description: 'Errand, a serverless job service',
      // Protect the whole stack. Otherwise, CloudFormation would delete other resources before the protected database stopped the deletion.
      terminationProtection: props.deletionProtection ?? true,
      ...props,
    });
    addOutputs(this, new Errand(this, 'Errand', props));
  }
}

/** Adds the outputs that callers and operators need. */
export function addOutputs(stack: Stack, errand: Errand): void {
  for (const [name, output] of Object.entries(outputsOf(errand))) new CfnOutput(stack, name, output);
}
