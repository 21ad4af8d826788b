import { arn, physicalName } from '../template/names.ts';
import { judged } from './judged-policy.ts';
import type { ResourceType } from './resource-type.ts';

/** AWS::SQS::QueuePolicy. */
export const sqsQueuePolicy: ResourceType = {
  honours: ['PolicyDocument', 'Queues'],
  withoutEffect: [],

  deploy({ logicalId, properties }, { stack, iam }) {
    for (const queueUrl of properties.optionalTexts('Queues') ?? []) {
      judged(properties, 'PolicyDocument', (document) => {
        iam.attachToResource(arn(stack, 'sqs', queueUrl.split('/').at(-1) ?? ''), document);
      });
    }
    return { ref: physicalName(stack, logicalId, 255) };
  },
};

/** AWS::S3::BucketPolicy. */
export const s3BucketPolicy: ResourceType = {
  honours: ['Bucket', 'PolicyDocument'],
  withoutEffect: [],

  deploy({ properties }, { iam }) {
    const bucket = properties.text('Bucket');
    judged(properties, 'PolicyDocument', (document) => {
      iam.attachToResource(`arn:aws:s3:::${bucket}`, document);
    });
    return { ref: bucket };
  },
};

/** AWS::SecretsManager::ResourcePolicy. */
export const secretPolicy: ResourceType = {
  honours: ['ResourcePolicy', 'SecretId'],
  withoutEffect: ['BlockPublicPolicy'],

  deploy({ properties }, { iam }) {
    const secretArn = properties.text('SecretId');
    judged(properties, 'ResourcePolicy', (document) => {
      iam.attachToResource(secretArn, document);
    });
    return { ref: secretArn };
  },
};
