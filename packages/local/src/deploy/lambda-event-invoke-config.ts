import { qualifiedName } from '../lambda/function-reference.ts';
import { physicalId } from '../template/names.ts';
import { functionNameOf } from './lambda-function.ts';
import type { ResourceType } from './resource-type.ts';

/**
 * AWS::Lambda::EventInvokeConfig without destinations: the maximum number of retries and the maximum age of asynchronous events for a version, an
 * alias, or `$LATEST`.
 */
export const lambdaEventInvokeConfig: ResourceType = {
  honours: ['FunctionName', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts', 'Qualifier'],
  withoutEffect: [],

  deploy({ logicalId, properties }, { stack, lambda }) {
    const functionName = functionNameOf(properties.text('FunctionName'));
    const maximumRetryAttempts = properties.optionalNumber('MaximumRetryAttempts');
    const maximumEventAgeSeconds = properties.optionalNumber('MaximumEventAgeInSeconds');
    lambda.configureEvents(qualifiedName(functionName, properties.text('Qualifier')), {
      ...(maximumRetryAttempts !== undefined && { maximumRetryAttempts }),
      ...(maximumEventAgeSeconds !== undefined && { maximumEventAgeSeconds }),
    });
    return { ref: physicalId(stack, logicalId, 64), attributes: {} };
  },
};
