import { Validations } from 'aws-cdk-lib/core';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/** The secret that each tenant's webhook key is derived from. */
export class Webhooks extends Construct {
  readonly secretArn: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    // Not the `Secret` of earlier versions, which signed webhooks itself: every receiver knows it, and could derive all keys from it.
    const secret = new Secret(this, 'KeySecret', {
      description: 'Each tenant’s webhook key is derived from it.',
      // Letters and digits can be pasted into any command. 64 of them have more entropy than HKDF-SHA256 uses.
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'A new value changes every tenant’s key at once. Tenants rotate their own keys, as docs/webhooks.md says.',
    });
    this.secretArn = secret.secretArn;
  }

  /** Lets a function read the secret and derive keys. */
  grantKeys(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: [this.secretArn],
    });
  }
}
