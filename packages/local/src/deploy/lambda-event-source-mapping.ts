import { startEventSourceMapping } from '../event-source-mapping/event-source-mapping.ts';
import { physicalId } from '../template/names.ts';
import { functionNameOf, invokedFunctionOf } from './lambda-function.ts';
import type { ResourceType } from './resource-type.ts';

/** Lambda's default batch size for SQS. */
const DEFAULT_BATCH_SIZE = 10;

/** AWS::Lambda::EventSourceMapping for an SQS queue. */
export const lambdaEventSourceMapping: ResourceType = {
  honours: [
    'BatchSize',
    'Enabled',
    'EventSourceArn',
    'FunctionName',
    'FunctionResponseTypes',
    'MaximumBatchingWindowInSeconds',
    'ScalingConfig',
  ],
  withoutEffect: ['MetricsConfig', 'Tags'],

  async deploy({ logicalId, properties }, { stack, queueUrls, lambda, versions, iam, sqsOf, log, keep }) {
    const queueArn = properties.text('EventSourceArn');
    const queueUrl =
      queueUrls.get(queueArn) ?? properties.refuse('EventSourceArn', 'is not a queue in this stack');
    const maximumConcurrency = properties.object('ScalingConfig').optionalNumber('MaximumConcurrency');
    const responseTypes = properties.optionalTexts('FunctionResponseTypes') ?? [];
    if (properties.optionalText('Enabled') !== 'false') {
      const functionName = invokedFunctionOf(properties.text('FunctionName'));
      // Lambda polls with the function's role. The mapping still has its own access key ID, so that its calls are not counted as the
      // function's calls.
      const accessKeyId = `event-source-mapping.${functionNameOf(functionName)}`;
      const { roleArn } =
        iam.principalOf(functionName) ?? properties.refuse('FunctionName', 'is not a function in this stack');
      iam.actAs(accessKeyId, iam.sessionOf(roleArn, 'awslambda'));
      const mapping = await startEventSourceMapping({
        sqs: sqsOf(accessKeyId),
        lambda,
        queueUrl,
        queueArn,
        functionName,
        batchSize: properties.optionalNumber('BatchSize') ?? DEFAULT_BATCH_SIZE,
        batchingWindowSeconds: properties.optionalNumber('MaximumBatchingWindowInSeconds') ?? 0,
        reportBatchItemFailures: responseTypes.includes('ReportBatchItemFailures'),
        log,
        ...(maximumConcurrency !== undefined && { maximumConcurrency }),
      });
      keep(mapping);
      versions.addMapping(mapping);
    }
    const id = physicalId(stack, logicalId, 36);
    return { ref: id, attributes: { Id: id } };
  },
};
