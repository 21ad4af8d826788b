import { Validations } from 'aws-cdk-lib/core';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

type DatabaseVariable = 'clusterArn' | 'secretArn' | 'databaseName';

/** The database of jobs and attempts, in an Aurora cluster. All access goes through the RDS Data API. */
export abstract class Database extends Construct {
  abstract readonly clusterArn: string;
  /** The secret of the master user, which is for migrations and operators. */
  abstract readonly secretArn: string;
  abstract readonly databaseName: string;
  /** The identifier of the stack's own cluster; undefined with a cluster of yours. */
  abstract readonly clusterIdentifier: string | undefined;
  /** The secret of the functions' database user, which the migrations create. */
  readonly applicationSecretArn: string;

  /** The functions' database user. */
  readonly username: string;

  /**
   * False for a protected cluster that would lose its instances, secret and network if another cluster replaced it in the stack;
   * otherwise undefined.
   */
  readonly clusterRetained: false | undefined;

  /** @param username the functions' database user; unique in the cluster */
  constructor(scope: Construct, id: string, username: string, clusterRetained?: false) {
    super(scope, id);
    this.username = username;
    this.clusterRetained = clusterRetained;
    const secret = new Secret(this, 'ApplicationSecret', {
      description: 'The database user of the functions, which may read and write rows and nothing else.',
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
        'A new password takes effect when the migrations function has set it in the database; docs/operations.md says how to rotate it in two commands.',
    });
    this.applicationSecretArn = secret.secretArn;
  }

  /** The environment variables of a function that connects as the functions' user. */
  get environment(): Readonly<Record<DatabaseVariable, string>> {
    return {
      clusterArn: this.clusterArn,
      secretArn: this.applicationSecretArn,
      databaseName: this.databaseName,
    };
  }

  /** The environment variables of the migrations, which connect as the master user. */
  get migrationEnvironment(): Readonly<Record<DatabaseVariable | 'applicationSecretArn', string>> {
    return {
      ...this.environment,
      secretArn: this.secretArn,
      applicationSecretArn: this.applicationSecretArn,
    };
  }

  /** Lets a function run single statements as the functions' user. */
  grantStatements(grantee: IGrantable): void {
    this.grant(grantee, ['rds-data:ExecuteStatement'], [this.applicationSecretArn]);
  }

  /** Lets a function run transactions as the master user, and read the password that it sets for the functions' user. */
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
