import { RemovalPolicy } from 'aws-cdk-lib/core';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';

export interface KeyTableProps {
  /**
   * Whether the table has deletion protection and is kept when the stack is deleted. A protected table is deleted only if its creation is
   * rolled back.
   */
  readonly deletionProtection: boolean;
}

/** The API key table, which stores each key's hash, tenant and scopes. If the table is lost, every caller needs a new key. */
export class KeyTable extends Table {
  constructor(scope: Construct, id: string, { deletionProtection }: KeyTableProps) {
    super(scope, id, {
      partitionKey: { name: 'key_id', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection,
      removalPolicy: deletionProtection ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
  }
}
