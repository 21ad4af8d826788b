import { physicalId } from '../template/names.ts';
import { functionNameOf } from './lambda-function.ts';
import type { ResourceType } from './resource-type.ts';

/** AWS::Lambda::EventInvokeConfig without destinations: how often and for how long an asynchronous event is tried. */
export const lambdaEventInvokeConfig: ResourceType = {
  honours: ['FunctionName', 'MaximumEventAgeInSeconds', 'MaximumRetryAttempts', 'Qualifier'],
  withoutEffect: [],

  deploy({ logicalId, properties }, { stack, lambda }) {
    if (properties.text('Qualifier') !== '$LATEST') properties.refuse('Qualifier', 'must be $LATEST');
    const maximumRetryAttempts = properties.optionalNumber('MaximumRetryAttempts');
    const maximumEventAgeSeconds = properties.optionalNumber('MaximumEventAgeInSeconds');
    lambda.configureEvents(functionNameOf(properties.text('FunctionName')), {
      ...(maximumRetryAttempts !== undefined && { maximumRetryAttempts }),
      ...(maximumEventAgeSeconds !== undefined && { maximumEventAgeSeconds }),
    });
    return { ref: physicalId(stack, logicalId, 64), attributes: {} };
  },
};
