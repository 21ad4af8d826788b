import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { uploadCorsOf } from './cors.ts';
import type { ResolvedSettings } from './settings/table.ts';

export interface UploadsProps {
  readonly settings: ResolvedSettings;
}

/** The bucket for uploaded files, which jobs read. Files expire after the retention period. */
export class Uploads extends Construct {
  readonly bucketName: string;
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { settings }: UploadsProps) {
    super(scope, id);
    const cors = uploadCorsOf(settings);
    this.bucket = new Bucket(this, 'Bucket', {
      ...(cors && { cors }),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      lifecycleRules: [
        {
          id: 'expire',
          expiration: Duration.days(settings.uploadRetentionDays),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      // Without deletion protection, you must empty the bucket before you delete the stack. With deletion protection, the bucket is kept, unless
      // its creation is rolled back: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
      removalPolicy: settings.deletionProtection
        ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
        : RemovalPolicy.DESTROY,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Only two functions, and the forms that they sign, can access it. CloudTrail can record its data events without a second bucket.',
    });
    const logicalId = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket);
    Validations.of(scope).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/uploads/*]`,
      reason: 'Each upload has its own key under this prefix.',
    });
    this.bucketName = this.bucket.bucketName;
  }

  /** Allows a function to store files, and to sign upload forms. */
  grantUpload(grantee: IGrantable): void {
    Grant.addToPrincipal({ grantee, actions: ['s3:PutObject'], resourceArns: [this.files] });
  }

  /** Allows a function to read files. */
  grantRead(grantee: IGrantable): void {
    Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: [this.files] });
    // Without ListBucket, S3 returns 403 for a missing file, as if access to the file were forbidden.
    Grant.addToPrincipal({ grantee, actions: ['s3:ListBucket'], resourceArns: [this.bucket.bucketArn] });
  }

  /** The ARN pattern that matches all files. */
  private get files(): string {
    return this.bucket.arnForObjects('uploads/*');
  }
}
