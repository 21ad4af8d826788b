import { physicalId } from '../template/names.ts';
import type { CorsConfiguration } from '../http-api/cors.ts';
import type { ResourceType } from './resource-type.ts';

/** The length of API Gateway's API IDs. */
const ID_LENGTH = 10;

/** AWS::ApiGatewayV2::Api: an HTTP API. */
export const apiGatewayV2Api: ResourceType = {
  honours: ['CorsConfiguration', 'ProtocolType'],
  withoutEffect: ['Description', 'DisableExecuteApiEndpoint', 'Name', 'Tags'],

  deploy({ logicalId, properties }, { stack, httpApis, httpApiUrl }) {
    if (properties.text('ProtocolType') !== 'HTTP') properties.refuse('ProtocolType', 'must be HTTP');
    if (httpApis.size > 0) {
      properties.refuse('ProtocolType', 'is of a second API, but the embedded cloud serves only one');
    }
    const apiId = physicalId(stack, logicalId, ID_LENGTH);
    const cors = properties.values.CorsConfiguration as CorsConfiguration | undefined;
    httpApis.set(apiId, {
      apiId,
      cors,
      integrations: new Map(),
      authorizers: new Map(),
      routes: [],
      stage: undefined,
    });
    return { ref: apiId, attributes: { ApiId: apiId, ApiEndpoint: httpApiUrl } };
  },
};
