import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';

export interface KeyTableProps {
  /** Whether the table refuses to be deleted, and stays when the stack goes. */
  readonly deletionProtection: boolean;
}

/** The API keys: what they may do, for whom, and the hash of each. Whoever lost it would have to hand out new keys. */
export class KeyTable extends Table {
  constructor(scope: Construct, id: string, { deletionProtection }: KeyTableProps) {
    super(scope, id, {
      partitionKey: { name: 'key_id', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection,
      removalPolicy: deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }
}
