import { RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';

/**
 * The dedup windows: which `object_id` was submitted recently, and for which job. Items expire with their window, so the table is neither
 * backed up nor kept when the stack is deleted.
 */
export class DedupTable extends Table {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expires_at',
      billingMode: BillingMode.PAY_PER_REQUEST,
      // Encrypted with an AWS-owned key, which costs nothing per request.
      encryption: TableEncryption.DEFAULT,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-DDB3',
      reason:
        'There is nothing to recover: an item lasts only for the dedup window, and the jobs are in the database.',
    });
  }
}
