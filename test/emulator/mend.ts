import { DescribeTimeToLiveCommand, DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import type { TimeToLiveSpecification } from '@aws-sdk/client-dynamodb';
import {
  GetFunctionConcurrencyCommand,
  GetFunctionRecursionConfigCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  PutFunctionRecursionConfigCommand,
} from '@aws-sdk/client-lambda';
import type { RecursiveLoop } from '@aws-sdk/client-lambda';
import {
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CREDENTIALS, REGION } from './cdk.ts';
import type { DeployedResource, DeployedStack } from './deployed-stack.ts';

/** A resource property that MiniStack's CloudFormation does not set, but that can be set after the deployment. */
interface Gap {
  /** The missing property. */
  readonly name: string;
  /** The stack output that names the resource. A stack without this output does not have the gap. */
  readonly output: string;
  /** Whether the resource lacks the property. */
  isOpen(resource: DeployedResource): Promise<boolean>;
  /** Sets the property as CloudFormation would. */
  mend(resource: DeployedResource): Promise<unknown>;
}

/**
 * Calls the services to set the properties that MiniStack 1.5.33's CloudFormation should have set.
 *
 * @throws Error that names a gap that MiniStack no longer has, so that the gap can be removed from the list
 */
export async function mendStack(awsEndpointUrl: string, stack: DeployedStack): Promise<void> {
  const configuration = { endpoint: awsEndpointUrl, region: REGION, credentials: CREDENTIALS };
  const clients = {
    lambda: new LambdaClient(configuration),
    dynamoDb: new DynamoDBClient(configuration),
    s3: new S3Client(configuration),
    secrets: new SecretsManagerClient(configuration),
  };
  for (const gap of gapsOf(clients)) {
    const resource = stack.behind(gap.output);
    if (resource === undefined) continue;
    if (!(await gap.isOpen(resource))) {
      throw new Error(`The emulator has closed the gap "${gap.name}": remove it from test/emulator/mend.ts.`);
    }
    await gap.mend(resource);
    if (await gap.isOpen(resource)) throw new Error(`The gap "${gap.name}" can't be mended.`);
  }
  for (const client of Object.values(clients)) client.destroy();
}

interface Clients {
  readonly lambda: LambdaClient;
  readonly dynamoDb: DynamoDBClient;
  readonly s3: S3Client;
  readonly secrets: SecretsManagerClient;
}

function gapsOf({ lambda, dynamoDb, s3, secrets }: Clients): readonly Gap[] {
  return [
    {
      name: 'ReservedConcurrentExecutions of AWS::Lambda::Function',
      output: 'WorkerFunctionName',
      async isOpen({ physicalId: FunctionName }) {
        const answer = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }));
        return answer.ReservedConcurrentExecutions === undefined;
      },
      mend: ({ physicalId: FunctionName, properties }) =>
        lambda.send(
          new PutFunctionConcurrencyCommand({
            FunctionName,
            ReservedConcurrentExecutions: properties.ReservedConcurrentExecutions as number,
          }),
        ),
    },
    {
      name: 'RecursiveLoop of AWS::Lambda::Function',
      output: 'DeadLetterFunctionName',
      async isOpen({ physicalId: FunctionName, properties }) {
        const answer = await lambda.send(new GetFunctionRecursionConfigCommand({ FunctionName }));
        return answer.RecursiveLoop !== properties.RecursiveLoop;
      },
      mend: ({ physicalId: FunctionName, properties }) =>
        lambda.send(
          new PutFunctionRecursionConfigCommand({
            FunctionName,
            RecursiveLoop: properties.RecursiveLoop as RecursiveLoop,
          }),
        ),
    },
    {
      name: 'TimeToLiveSpecification of AWS::DynamoDB::Table',
      output: 'TableName',
      async isOpen({ physicalId: TableName }) {
        const answer = await dynamoDb.send(new DescribeTimeToLiveCommand({ TableName }));
        return answer.TimeToLiveDescription?.TimeToLiveStatus !== 'ENABLED';
      },
      mend: ({ physicalId: TableName, properties }) =>
        dynamoDb.send(
          new UpdateTimeToLiveCommand({
            TableName,
            TimeToLiveSpecification: properties.TimeToLiveSpecification as TimeToLiveSpecification,
          }),
        ),
    },
    {
      name: 'LifecycleConfiguration of AWS::S3::Bucket',
      output: 'UploadsBucketName',
      isOpen: ({ physicalId: Bucket }) =>
        s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })).then(
          () => false,
          (error: unknown) => {
            if ((error as Error).name === 'NoSuchLifecycleConfiguration') return true;
            throw error;
          },
        ),
      mend: ({ physicalId: Bucket, properties }) =>
        s3.send(
          new PutBucketLifecycleConfigurationCommand({
            Bucket,
            LifecycleConfiguration: { Rules: lifecycleRules(properties.LifecycleConfiguration) },
          }),
        ),
    },
    {
      name: 'ExcludePunctuation in GenerateSecretString of AWS::SecretsManager::Secret',
      output: 'WebhookSecretArn',
      async isOpen({ physicalId: SecretId }) {
        const answer = await secrets.send(new GetSecretValueCommand({ SecretId }));
        return /[^A-Za-z0-9]/.test(answer.SecretString ?? '');
      },
      async mend({ physicalId: SecretId, properties }) {
        const { RandomPassword: SecretString } = await secrets.send(
          new GetRandomPasswordCommand(properties.GenerateSecretString as object),
        );
        await secrets.send(new PutSecretValueCommand({ SecretId, SecretString }));
      },
    },
  ];
}

interface TemplateRule {
  readonly Id: string;
  readonly Status: 'Enabled' | 'Disabled';
  readonly ExpirationInDays: number;
  readonly AbortIncompleteMultipartUpload: { readonly DaysAfterInitiation: number };
}

/** Converts a bucket's lifecycle rules from CloudFormation's notation to S3's. */
function lifecycleRules(configuration: unknown) {
  const { Rules } = configuration as { readonly Rules: readonly TemplateRule[] };
  return Rules.map(({ ExpirationInDays: Days, ...rule }) => ({
    ...rule,
    Filter: { Prefix: '' },
    Expiration: { Days },
  }));
}
