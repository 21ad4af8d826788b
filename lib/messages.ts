import { Validations } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';

export interface MessagesProps {
  /** Where messages are POSTed to. */
  readonly url: string;
}

/** The messages that a run sends until an operator says otherwise. */
const PER_RUN = '2';

/** What a deployment needs that sends messages: the receiver, the key for it, and how many go in a run. */
export class Messages extends Construct {
  readonly secretArn: string;
  /** The parameter's name. */
  readonly perRunParameter: string;
  /** What a function needs to know to take or to refuse the job type. */
  readonly addressing: Readonly<Record<'MESSAGES_URL', string>>;
  /** What a function needs to know to send messages. */
  readonly environment: Readonly<
    Record<'MESSAGES_URL' | 'MESSAGES_SECRET_ARN' | 'MESSAGES_PER_RUN_PARAMETER', string>
  >;
  private readonly parameter: StringParameter;

  constructor(scope: Construct, id: string, props: MessagesProps) {
    super(scope, id);
    // Empty until the operator puts the key: with a generated value the receiver would refuse every message for good.
    const key = new CfnSecret(this, 'Key', { description: 'The key for MESSAGES_URL.' });
    Validations.of(key).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'The receiver issues the key: the operator puts a new one in its place.',
    });
    this.secretArn = key.ref;
    this.parameter = new StringParameter(this, 'PerRun', {
      description: 'How many messages a run of send_messages sends: 1 to 100. The next run reads it.',
      stringValue: PER_RUN,
      allowedPattern: '^([1-9][0-9]?|100)$',
    });
    this.perRunParameter = this.parameter.parameterName;
    this.addressing = { MESSAGES_URL: props.url };
    this.environment = {
      ...this.addressing,
      MESSAGES_SECRET_ARN: this.secretArn,
      MESSAGES_PER_RUN_PARAMETER: this.perRunParameter,
    };
  }

  /** Lets a function read the key and the number of messages. */
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
