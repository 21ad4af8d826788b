import { physicalName } from '../template/names.ts';
import { invokedFunctionOf } from './lambda-function.ts';
import type { ResourceType } from './resource-type.ts';

/** AWS::Lambda::Permission. Without a permission, API Gateway and EventBridge can't invoke a function. */
export const lambdaPermission: ResourceType = {
  honours: ['Action', 'FunctionName', 'Principal', 'SourceArn'],
  withoutEffect: ['SourceAccount'],

  deploy({ logicalId, properties }, { stack, permissions }) {
    if (properties.text('Action') !== 'lambda:InvokeFunction') {
      properties.refuse(
        'Action',
        'must be lambda:InvokeFunction, the only action that the embedded cloud supports',
      );
    }
    permissions.grant({
      functionName: invokedFunctionOf(properties.text('FunctionName')),
      principal: properties.text('Principal'),
      sourceArn: properties.optionalText('SourceArn'),
    });
    return { ref: physicalName(stack, logicalId, 100) };
  },
};
