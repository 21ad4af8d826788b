import type { AwsEndpoint } from './aws-endpoint/aws-endpoint.ts';
import type { CloudWatch } from './cloudwatch/cloudwatch.ts';
import { startDynamoDb } from './dynamodb/dynamodb.ts';
import type { Faults } from './faults/faults.ts';
import { deniedLine } from './iam/guard.ts';
import type { Iam } from './iam/iam.ts';
import { s3Arn } from './iam/needs.ts';
import { SECRET_ACCESS_KEY } from './lambda/function-configuration.ts';
import { startPostgres } from './postgres/postgres.ts';
import { startRdsData } from './rds-data/rds-data.ts';
import type { S3Denial } from './s3/operation.ts';
import { startS3 } from './s3/s3.ts';
import { startSecretsManager } from './secrets-manager/secrets-manager.ts';
import { startSqs } from './sqs/sqs.ts';
import { startSsm } from './ssm/ssm.ts';
import { end, service, type Service } from './start-services.ts';

/** Creates the emulated services that store data, without starting them. */
export function createStores({
  dataDir,
  region,
  awsEndpoint,
  iam,
  faults,
  log,
  cloudWatch,
  postgresVariables,
}: {
  readonly dataDir: string;
  readonly region: string;
  readonly awsEndpoint: Service<AwsEndpoint>;
  readonly iam: Iam;
  readonly faults: Faults | undefined;
  readonly log: (line: string) => void;
  readonly cloudWatch: CloudWatch;
  readonly postgresVariables: Readonly<Record<string, string>> | undefined;
}) {
  const storeOptions = () => ({ dataDir, endpointUrl: awsEndpoint.running.url, region });
  const secretsManager = service({
    name: 'Secrets Manager',
    start: () => startSecretsManager(storeOptions()),
    stop: end,
  });
  const postgres = service({
    name: 'PostgreSQL',
    start: () => startPostgres({ dataDir, log, variables: postgresVariables }),
    stop: end,
    isReported: true,
  });
  const dynamoDb = service({
    name: 'DynamoDB',
    start: () => startDynamoDb(storeOptions()),
    stop: end,
    isReported: true,
  });
  const sqs = service({
    name: 'SQS',
    start: () =>
      startSqs({
        ...storeOptions(),
        cloudWatch,
        ...(faults && { fateOf: (queueName, body) => faults.ofMessage(queueName, body) }),
      }),
    stop: end,
    isReported: true,
  });
  const s3 = service({
    name: 'S3',
    start: () => startS3({ dataDir, region, secretAccessKey: SECRET_ACCESS_KEY, denial: s3Denial(iam, log) }),
    stop: end,
    isReported: true,
  });
  const ssm = service({ name: 'Parameter Store', start: () => startSsm(storeOptions()), stop: end });
  const rdsData = service({
    name: 'RDS Data API',
    start: () =>
      startRdsData({
        postgres: postgres.running,
        readSecret: (arn) => secretsManager.running.read(arn),
      }),
    stop: end,
  });
  return { secretsManager, postgres, rdsData, dynamoDb, sqs, s3, ssm };
}

function s3Denial(iam: Iam, log: (line: string) => void): S3Denial {
  return (accessKeyId, action, bucket, key) => {
    const principal = iam.principalOf(accessKeyId);
    const denial = principal && iam.denial(principal, [{ action, resource: s3Arn(bucket, key) }]);
    if (denial !== undefined) log(deniedLine(accessKeyId, 's3', action, denial));
    return denial;
  };
}
