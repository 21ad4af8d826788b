import { Validations } from 'aws-cdk-lib/core';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';

/** The initial number of messages per run, stored in a parameter that operators can change. */
const PER_RUN = '2';

/** Resources for sending messages: the secret with the receiver's key, and the parameter with the number of messages per run. */
export class Messages extends Construct {
  readonly secretArn: string;
  /** The name of the parameter with the number of messages per run. */
  readonly perRunParameter: string;
  private readonly parameter: StringParameter;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    // The secret is empty until an operator stores the key. With a generated key, the receiver would reject every message, and the messages would
    // fail permanently.
    const key = new CfnSecret(this, 'Key', { description: 'The key for MESSAGES_URL.' });
    Validations.of(key).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'The receiver issues the key, so the operator replaces it.',
    });
    this.secretArn = key.ref;
    this.parameter = new StringParameter(this, 'PerRun', {
      description:
        'How many messages a send_messages run sends: 1 to 100. A change takes effect at the next run.',
      stringValue: PER_RUN,
      allowedPattern: '^([1-9][0-9]?|100)$',
    });
    this.perRunParameter = this.parameter.parameterName;
  }

  /** Allows a function to read the key and the number of messages per run. */
  grantSending(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: [this.secretArn],
    });
    Grant.addToPrincipal({
      grantee,
      actions: ['ssm:GetParameter'],
      resourceArns: [this.parameter.parameterArn],
    });
  }
}
