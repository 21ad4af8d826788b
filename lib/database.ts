import { Validations } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

type DatabaseVariable = 'clusterArn' | 'secretArn' | 'databaseName';

/** Where every job and its attempts are kept: a database of an Aurora cluster, reached through the RDS Data API alone. */
export abstract class Database extends Construct {
  abstract readonly clusterArn: string;
  /** The secret of the master user, which is for migrations and operators. */
  abstract readonly secretArn: string;
  abstract readonly databaseName: string;
  /** The secret of the user that the functions log in as; the migrations make the user. */
  readonly applicationSecretArn: string;

  /** @param username - the database user of the functions: no other user of the cluster has this name */
  constructor(scope: Construct, id: string, username: string) {
    super(scope, id);
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

  /** The variables with which a function connects, as the functions' user. */
  get environment(): Readonly<Record<DatabaseVariable, string>> {
    return {
      clusterArn: this.clusterArn,
      secretArn: this.applicationSecretArn,
      databaseName: this.databaseName,
    };
  }

  /** The variables of the migrations, which connect as the master user. */
  get migrationEnvironment(): Readonly<Record<DatabaseVariable | 'applicationSecretArn', string>> {
    return {
      ...this.environment,
      secretArn: this.secretArn,
      applicationSecretArn: this.applicationSecretArn,
    };
  }

  /** Lets a function run single statements, as the user of the functions. */
  grantStatements(grantee: IGrantable): void {
    this.grant(grantee, ['rds-data:ExecuteStatement'], [this.applicationSecretArn]);
  }

  /** Lets a function run statements within transactions, as the master user, and give the other one its password. */
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
    // The Data API opens the secret in the name of its caller.
    Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: secretArns,
    });
  }
}
