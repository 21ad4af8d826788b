import { physicalName } from '../template/names.ts';
import { AwsCallError, signedFor } from './aws-call.ts';
import type { ResourceType } from './resource-type.ts';

/** S3's longest bucket name. */
const MAX_NAME_LENGTH = 63;

/** AWS::S3::Bucket. A bucket that an earlier run left keeps its objects. */
export const s3Bucket: ResourceType = {
  honours: ['BucketName'],
  withoutEffect: [
    'BucketEncryption',
    'LifecycleConfiguration',
    'OwnershipControls',
    'PublicAccessBlockConfiguration',
    'Tags',
    'VersioningConfiguration',
  ],

  async deploy({ logicalId, properties }, { stack, awsEndpointUrl }) {
    const name =
      properties.optionalText('BucketName') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH).toLowerCase();
    const response = await fetch(`${awsEndpointUrl}/${name}`, { method: 'PUT', headers: signedFor('s3') });
    // 409 is BucketAlreadyOwnedByYou: the bucket of an earlier run.
    if (!response.ok && response.status !== 409) {
      throw new AwsCallError(
        `HTTP ${response.status}`,
        `the bucket ${name} could not be created: ${await response.text()}`,
      );
    }
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
