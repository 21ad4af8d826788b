import { createHash } from 'node:crypto';
import { CustomResource, Duration, Names, Validations } from 'aws-cdk-lib/core';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ErrandFunction } from './errand-function.ts';
import type { KeyTable } from './key-table.ts';
import type { ResolvedSettings } from './settings/table.ts';

export interface FunctionKeysProps {
  readonly settings: ResolvedSettings;
  readonly keyTable: KeyTable;
}

/** The scopes and the tenant of a function's key. */
export interface FunctionKeyProps {
  readonly scopes: readonly string[];
  readonly tenant: string;
}

const TIMEOUT = Duration.minutes(1);

/** API keys for Lambda functions. CloudFormation generates each key and stores it in a secret, which is deleted with the stack. */
export class FunctionKeys extends Construct {
  /** The function that writes the keys into the key table. */
  readonly function: ErrandFunction;

  constructor(scope: Construct, id: string, { settings, keyTable }: FunctionKeysProps) {
    super(scope, id);
    this.function = new ErrandFunction(this, 'Function', {
      source: 'function-keys',
      description: 'Writes the API keys of Lambda functions when the stack is deployed.',
      timeout: TIMEOUT,
      memorySize: 256,
      settings,
      environment: { keyTableName: keyTable.tableName },
      // Don't retry a failed invocation, because CloudFormation expects exactly one response.
      retryAttempts: 0,
    });
    keyTable.grant(this.function, 'dynamodb:UpdateItem', 'dynamodb:DeleteItem');
  }

  /** Creates a key for a function, allows the function to read the key, and makes the function's deployment wait for the key. */
  give(fn: Function, { scopes, tenant }: FunctionKeyProps): Grant {
    const key = new Construct(this, `${fn.node.id}${fn.node.addr.slice(-8)}`);
    const secret = new Secret(key, 'Secret', {
      description: `The API key of ${fn.node.path}.`,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ prefix: `errand_${keyIdOf(key)}_` }),
        generateStringKey: 'secret',
        // 64 hexadecimal digits, the format that lambdas/access/api-key.ts parses.
        passwordLength: 64,
        excludePunctuation: true,
        excludeUppercase: true,
        excludeCharacters: 'ghijklmnopqrstuvwxyz',
      },
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        "The key table contains the key's hash, so both must change together: docs/authentication.md shows how.",
    });
    grantValue(secret, this.function);
    const row = new CustomResource(key, 'Row', {
      resourceType: 'Custom::ErrandApiKey',
      serviceToken: this.function.functionArn,
      // CloudFormation waits for the function's timeout plus its startup time, instead of its default of an hour.
      serviceTimeout: TIMEOUT.plus(Duration.minutes(1)),
      properties: { secretArn: secret.secretArn, name: fn.node.path, tenant, scopes },
    });
    fn.addEnvironment('ERRAND_API_KEY_SECRET_ARN', secret.secretArn);
    const grant = grantValue(secret, fn);
    fn.node.addDependency(row);
    return grant;
  }
}

function grantValue({ secretArn }: Secret, grantee: Function): Grant {
  return Grant.addToPrincipal({
    grantee,
    actions: ['secretsmanager:GetSecretValue'],
    resourceArns: [secretArn],
  });
}

/** Derives a key's id: 16 hexadecimal digits that stay the same in every deployment. The id is not secret. */
function keyIdOf(key: Construct): string {
  return createHash('sha256').update(Names.nodeUniqueId(key.node)).digest('hex').slice(0, 16);
}
