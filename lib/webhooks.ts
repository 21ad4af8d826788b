import { Validations } from 'aws-cdk-lib/core';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/** The secret from which each tenant's webhook key is derived. */
export class Webhooks extends Construct {
  readonly secretArn: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    // `KeySecret` replaces `Secret`. Earlier versions signed webhooks with `Secret` itself, so every receiver knows it and could derive all
    // tenants' keys from it.
    const secret = new Secret(this, 'KeySecret', {
      description: 'Each tenant’s webhook key is derived from it.',
      // Letters and digits can be pasted into any command without quoting. 64 characters have more entropy than HKDF-SHA256 uses.
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'A new value would change every tenant’s key at once. Tenants rotate their own keys (docs/webhooks.md).',
    });
    this.secretArn = secret.secretArn;
  }

  /** Allows a function to read the secret and derive keys. */
  grantKeys(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: [this.secretArn],
    });
  }
}
