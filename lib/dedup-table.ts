import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';

/**
 * Which `object_id` was submitted lately, and as which job. Nothing in it outlives the dedup window by more than
 * DynamoDB's delay in deleting, so it is neither backed up nor kept when the stack goes.
 */
export class DedupTable extends Table {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expires_at',
      billingMode: BillingMode.PAY_PER_REQUEST,
      // With the key that AWS owns: encrypted at rest, and without a charge for each request.
      encryption: TableEncryption.DEFAULT,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-DDB3',
      reason: 'Nothing to recover: an item lasts for the dedup window, and the jobs are in the database.',
    });
  }
}
