import { physicalName } from '../template/names.ts';
import { AwsCallError, signedFor } from './aws-call.ts';
import { corsDocument, lifecycleDocument } from './s3-documents.ts';
import type { Properties } from './properties.ts';
import type { ResourceType } from './resource-type.ts';

/** S3's maximum length for bucket names. */
const MAX_NAME_LENGTH = 63;

/** AWS::S3::Bucket. A bucket from an earlier run keeps its objects, and gets the template's lifecycle and CORS rules. */
export const s3Bucket: ResourceType = {
  honours: ['BucketName', 'CorsConfiguration', 'LifecycleConfiguration'],
  withoutEffect: [
    'AccelerateConfiguration',
    'AccessControl',
    'BucketEncryption',
    'IntelligentTieringConfigurations',
    'InventoryConfigurations',
    'LoggingConfiguration',
    'MetricsConfigurations',
    'OwnershipControls',
    'PublicAccessBlockConfiguration',
    'Tags',
    // Versioning has no effect, because only the latest version of each object is stored.
    'VersioningConfiguration',
  ],

  async deploy({ logicalId, properties }, { stack, awsEndpointUrl }) {
    const name =
      properties.optionalText('BucketName') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH).toLowerCase();
    const call = async (method: string, flag = '', body?: string): Promise<void> => {
      const url = `${awsEndpointUrl}/${name}${flag}`;
      const response = await fetch(url, { method, headers: signedFor('s3'), body: body ?? null });
      if (response.ok) return;
      const code =
        /<Code>(\w+)<\/Code>/.exec(await response.clone().text())?.[1] ?? `HTTP ${response.status}`;
      throw new AwsCallError(code, `the bucket ${name} could not be deployed: ${await response.text()}`);
    };

    await call('PUT', '', locationDocument(stack.region)).catch((error: unknown) => {
      if (!(error instanceof AwsCallError && error.code === 'BucketAlreadyOwnedByYou')) throw error;
    });
    const replace = (flag: string, rules: Properties[], write: typeof corsDocument): Promise<void> =>
      rules.length > 0 ? call('PUT', flag, write(rules)) : call('DELETE', flag);
    await replace(
      '?lifecycle',
      properties.object('LifecycleConfiguration').objects('Rules'),
      lifecycleDocument,
    );
    await replace('?cors', properties.object('CorsConfiguration').objects('CorsRules'), corsDocument);

    const domainName = `${name}.s3.amazonaws.com`;
    return {
      ref: name,
      attributes: {
        Arn: `arn:aws:s3:::${name}`,
        DomainName: domainName,
        RegionalDomainName: `${name}.s3.${stack.region}.amazonaws.com`,
      },
    };
  },
};

/** Returns the request body for CreateBucket. S3 requires a location constraint for every region except us-east-1. */
function locationDocument(region: string): string | undefined {
  if (region === 'us-east-1') return undefined;
  return `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
}
