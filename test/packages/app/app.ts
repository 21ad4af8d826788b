import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Errand, type ErrandProps } from 'errand';

// The CDK app of a project in which the packages are installed.

const stack = new Stack(new App(), 'Shop');
const photos = new Bucket(stack, 'Photos', { removalPolicy: RemovalPolicy.DESTROY });

const props: ErrandProps = {
  jobTimeout: Duration.seconds(30),
  deletionProtection: false,
  jobs: 'jobs/index.ts',
  queues: {
    images: {
      concurrency: 3,
      timeout: Duration.minutes(2),
      memorySize: 2048,
      environment: { PHOTOS_BUCKET: photos.bucketName },
    },
  },
};
const errand = new Errand(stack, 'Jobs', props);
photos.grantReadWrite(errand.queue('images'));

new CfnOutput(stack, 'JobsUrl', { value: errand.url });
new CfnOutput(stack, 'PhotosBucketName', { value: photos.bucketName });
if (errand.keyTable) new CfnOutput(stack, 'KeyTableName', { value: errand.keyTable.tableName });
