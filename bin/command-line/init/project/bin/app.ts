import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Errand } from 'errand';

const app = new App();
const stack = new Stack(app, 'Jobs');

const errand = new Errand(stack, 'Errand', { jobs: 'jobs/index.ts' });

new CfnOutput(stack, 'ApiUrl', { value: errand.url });
if (errand.keyTable) new CfnOutput(stack, 'KeyTableName', { value: errand.keyTable.tableName });
