import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Errand, type ErrandProps } from 'errand';

// The CDK app of a project that installed the packages.

const props: ErrandProps = { jobTimeout: Duration.seconds(30), deletionProtection: false };

const stack = new Stack(new App(), 'Shop');
const errand = new Errand(stack, 'Jobs', props);
new CfnOutput(stack, 'JobsUrl', { value: errand.url });
if (errand.keyTable) new CfnOutput(stack, 'KeyTableName', { value: errand.keyTable.tableName });
