import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** Where every job and its attempts are kept: a database of an Aurora cluster, reached through the RDS Data API alone. */
export abstract class Database extends Construct {
  abstract readonly clusterArn: string;
  /** The secret that opens the cluster. */
  abstract readonly secretArn: string;
  abstract readonly databaseName: string;

  /** What a function needs to know to find the database. */
  get environment(): Readonly<Record<'CLUSTER_ARN' | 'SECRET_ARN' | 'DATABASE_NAME', string>> {
    return { CLUSTER_ARN: this.clusterArn, SECRET_ARN: this.secretArn, DATABASE_NAME: this.databaseName };
  }

  /** Lets a function run single statements. */
  grantStatements(grantee: IGrantable): void {
    this.grant(grantee, ['rds-data:ExecuteStatement']);
  }

  /** Lets a function run statements within transactions. */
  grantTransactions(grantee: IGrantable): void {
    this.grant(grantee, [
      'rds-data:ExecuteStatement',
      'rds-data:BeginTransaction',
      'rds-data:CommitTransaction',
      'rds-data:RollbackTransaction',
    ]);
  }

  private grant(grantee: IGrantable, actions: string[]): void {
    Grant.addToPrincipal({ grantee, actions, resourceArns: [this.clusterArn] });
    // The Data API opens the secret in the name of its caller.
    Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: [this.secretArn],
    });
  }
}
