import { Validations } from 'aws-cdk-lib/core';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

type DatabaseVariable = 'clusterArn' | 'secretArn' | 'databaseName';

/** The database that stores jobs and attempts, in an Aurora cluster. All access goes through the RDS Data API. */
export abstract class Database extends Construct {
  abstract readonly clusterArn: string;
  /** The master user's secret, for migrations and operators. */
  abstract readonly secretArn: string;
  abstract readonly databaseName: string;
  /** The identifier of the stack's own cluster; undefined if you provide the cluster. */
  abstract readonly clusterIdentifier: string | undefined;
  /** The secret of the database user that the migrations create for the functions. */
  readonly applicationSecretArn: string;

  /** The functions' database user. */
  readonly username: string;

  /**
   * False if the stack must not replace this cluster with another one; otherwise undefined. Replacing the cluster would remove the instances, secret
   * and network of a cluster that is protected from deletion (lambdas/migrate/another-cluster.ts).
   */
  readonly clusterRetained: false | undefined;

  /** @param username the functions' database user; must be unique within the cluster */
  constructor(scope: Construct, id: string, username: string, clusterRetained?: false) {
    super(scope, id);
    this.username = username;
    this.clusterRetained = clusterRetained;
    const secret = new Secret(this, 'ApplicationSecret', {
      description: "The functions' database user, which can only read and write rows.",
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username }),
        generateStringKey: 'password',
        passwordLength: 40,
        excludePunctuation: true,
      },
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'A new password takes effect once the migrations function has set it in the database; docs/operations.md shows how to rotate it with two commands.',
    });
    this.applicationSecretArn = secret.secretArn;
  }

  /** The environment variables of a function that connects as the functions' database user. */
  get environment(): Readonly<Record<DatabaseVariable, string>> {
    return {
      clusterArn: this.clusterArn,
      secretArn: this.applicationSecretArn,
      databaseName: this.databaseName,
    };
  }

  /** The environment variables of the migration function, which connects as the master user. */
  get migrationEnvironment(): Readonly<Record<DatabaseVariable | 'applicationSecretArn', string>> {
    return {
      ...this.environment,
      secretArn: this.secretArn,
      applicationSecretArn: this.applicationSecretArn,
    };
  }

  /** Allows a function to run single statements as the functions' database user. */
  grantStatements(grantee: IGrantable): void {
    this.grant(grantee, ['rds-data:ExecuteStatement'], [this.applicationSecretArn]);
  }

  /**
   * Allows a function to run transactions as the master user. Also allows the function to read the secret of the functions' database user, whose
   * password the function sets.
   */
  grantMigrations(grantee: IGrantable): void {
    const actions = ['ExecuteStatement', 'BeginTransaction', 'CommitTransaction', 'RollbackTransaction'];
    this.grant(
      grantee,
      actions.map((action) => `rds-data:${action}`),
      [this.secretArn, this.applicationSecretArn],
    );
  }

  private grant(grantee: IGrantable, actions: string[], secretArns: string[]): void {
    Grant.addToPrincipal({ grantee, actions, resourceArns: [this.clusterArn] });
    // The Data API reads the secret with the caller's permissions.
    Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: secretArns,
    });
  }
}
