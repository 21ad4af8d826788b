import { physicalId } from '../template/names.ts';
import type { ResourceType } from './resource-type.ts';

/** API Gateway's ids of routes have seven characters. */
const ID_LENGTH = 7;

/** AWS::ApiGatewayV2::Route. */
export const apiGatewayV2Route: ResourceType = {
  honours: ['ApiId', 'AuthorizationType', 'RouteKey', 'Target'],
  withoutEffect: ['OperationName'],

  deploy({ logicalId, properties }, { stack, httpApis }) {
    if ((properties.optionalText('AuthorizationType') ?? 'NONE') !== 'NONE') {
      properties.refuse(
        'AuthorizationType',
        'cannot be served honestly on a laptop, which has no IAM; synthesize the stack with AUTH=none',
      );
    }
    const api =
      httpApis.get(properties.text('ApiId')) ?? properties.refuse('ApiId', 'names no API of this stack');
    const [, integrationId] = /^integrations\/(.+)$/.exec(properties.text('Target')) ?? [];
    if (integrationId === undefined) return properties.refuse('Target', 'must be integrations/ and an id');
    api.routes.push({ routeKey: properties.text('RouteKey'), integrationId });
    return { ref: physicalId(stack, logicalId, ID_LENGTH) };
  },
};
