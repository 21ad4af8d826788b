import { AUTHORIZATIONS } from './http-api-draft.ts';
import type { Authorization } from './http-api-draft.ts';
import { physicalId } from '../template/names.ts';
import type { ResourceType } from './resource-type.ts';

/** The length of API Gateway's route IDs. */
const ID_LENGTH = 7;

/** AWS::ApiGatewayV2::Route. */
export const apiGatewayV2Route: ResourceType = {
  honours: ['ApiId', 'AuthorizationType', 'AuthorizerId', 'RouteKey', 'Target'],
  withoutEffect: ['OperationName'],

  deploy({ logicalId, properties }, { stack, httpApis }) {
    const authorization = properties.optionalText('AuthorizationType') ?? 'NONE';
    if (!isAuthorization(authorization))
      return properties.refuse('AuthorizationType', `must be one of ${AUTHORIZATIONS.join(', ')}`);
    const api =
      httpApis.get(properties.text('ApiId')) ?? properties.refuse('ApiId', 'is not an API in this stack');
    const [, integrationId] = /^integrations\/(.+)$/.exec(properties.text('Target')) ?? [];
    if (integrationId === undefined)
      return properties.refuse('Target', 'must be integrations/ followed by an ID');
    api.routes.push({
      routeKey: properties.text('RouteKey'),
      integrationId,
      authorization,
      authorizerId: properties.optionalText('AuthorizerId'),
    });
    return { ref: physicalId(stack, logicalId, ID_LENGTH) };
  },
};

function isAuthorization(text: string): text is Authorization {
  return (AUTHORIZATIONS as readonly string[]).includes(text);
}
