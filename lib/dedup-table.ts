import { RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';

/**
 * The table of dedup windows. Each item names the job that was recently submitted with an `object_id`. Items expire with their windows, so the
 * table is not backed up, and is deleted with the stack.
 */
export class DedupTable extends Table {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expires_at',
      billingMode: BillingMode.PAY_PER_REQUEST,
      // Use an AWS-owned key, because requests with it cost nothing extra.
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
