import { Validations } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

export interface WebhooksProps {
  /** Where webhooks may go: at least one host. */
  readonly allowedHosts: readonly string[];
}

/** What a deployment needs that sends webhooks: the hosts that it may call, and the secret that it signs with. */
export class Webhooks extends Construct {
  readonly secretArn: string;
  /** What a function needs to know to refuse or to take a webhook's URL. */
  readonly addressing: Readonly<Record<'WEBHOOK_ALLOWED_HOSTS', string>>;
  /** What a function needs to know to send webhooks. */
  readonly environment: Readonly<Record<'WEBHOOK_ALLOWED_HOSTS' | 'WEBHOOK_SECRET_ARN', string>>;

  constructor(scope: Construct, id: string, props: WebhooksProps) {
    super(scope, id);
    const secret = new Secret(this, 'Secret', {
      description: 'Signs the webhooks: receivers verify them with it.',
      // Letters and digits alone can be copied into any configuration; 64 of them are more than HMAC-SHA256 uses.
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'The receivers hold it too: both sides rotate it together, as docs/webhooks.md says.',
    });
    this.secretArn = secret.secretArn;
    this.addressing = { WEBHOOK_ALLOWED_HOSTS: props.allowedHosts.join(',') };
    this.environment = { ...this.addressing, WEBHOOK_SECRET_ARN: this.secretArn };
  }

  /** Lets a function sign. */
  grantSigning(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: [this.secretArn],
    });
  }
}
