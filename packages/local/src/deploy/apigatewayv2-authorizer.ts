import { identitySource } from '../http-api/authorizer.ts';
import type { HttpApiEvent } from '../http-api/event.ts';
import { physicalId } from '../template/names.ts';
import { invokedFunctionOf } from './lambda-function.ts';
import type { Properties } from './properties.ts';
import type { ResourceType } from './resource-type.ts';

/** The length of API Gateway's authorizer IDs. */
const ID_LENGTH = 6;

/** The maximum and the default time for which API Gateway caches a Lambda authorizer's response, in seconds. */
const MAX_TTL = 3600;
const DEFAULT_TTL = 300;

/** AWS::ApiGatewayV2::Authorizer: a Lambda authorizer with simple responses, or a JWT authorizer. */
export const apiGatewayV2Authorizer: ResourceType = {
  honours: [
    'ApiId',
    'AuthorizerPayloadFormatVersion',
    'AuthorizerResultTtlInSeconds',
    'AuthorizerType',
    'AuthorizerUri',
    'EnableSimpleResponses',
    'IdentitySource',
    'JwtConfiguration',
  ],
  withoutEffect: ['Name'],

  deploy({ logicalId, properties }, { stack, httpApis }) {
    const api =
      httpApis.get(properties.text('ApiId')) ?? properties.refuse('ApiId', 'is not an API in this stack');
    const authorizerId = physicalId(stack, logicalId, ID_LENGTH);
    const type = properties.text('AuthorizerType');
    if (type === 'JWT') {
      const tokens = properties.object('JwtConfiguration');
      const [source, ...others] = sourcesOf(properties);
      if (!source || others.length > 0)
        properties.refuse('IdentitySource', 'must be a single source for the token');
      else {
        api.authorizers.set(authorizerId, {
          type: 'JWT',
          issuer: tokens.text('Issuer'),
          audience: tokens.optionalTexts('Audience') ?? [],
          identitySource: source,
        });
      }
    } else if (type === 'REQUEST') {
      if (properties.text('AuthorizerPayloadFormatVersion') !== '2.0')
        properties.refuse('AuthorizerPayloadFormatVersion', 'must be 2.0');
      if (!properties.isTrue('EnableSimpleResponses'))
        properties.refuse(
          'EnableSimpleResponses',
          "must be true, because the embedded cloud does not evaluate an authorizer's policies",
        );
      const ttl = properties.optionalNumber('AuthorizerResultTtlInSeconds') ?? DEFAULT_TTL;
      if (ttl < 0 || ttl > MAX_TTL)
        properties.refuse('AuthorizerResultTtlInSeconds', `must be 0 to ${MAX_TTL}`);
      const identitySources = sourcesOf(properties);
      if (ttl > 0 && identitySources.length === 0)
        properties.refuse('IdentitySource', 'is required for caching');
      api.authorizers.set(authorizerId, {
        type: 'REQUEST',
        functionName: invokedFunctionOf(properties.text('AuthorizerUri')),
        identitySources,
        cacheMillis: ttl * 1000,
      });
    } else properties.refuse('AuthorizerType', 'must be REQUEST or JWT');
    return { ref: authorizerId, attributes: { AuthorizerId: authorizerId } };
  },
};

function sourcesOf(properties: Properties): ((event: HttpApiEvent) => string | undefined)[] {
  return (properties.optionalTexts('IdentitySource') ?? []).map(
    (expression) =>
      identitySource(expression) ??
      properties.refuse(
        'IdentitySource',
        `contains ${expression}, which the embedded cloud does not support`,
      ),
  );
}
