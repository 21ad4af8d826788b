import { physicalId } from '../template/names.ts';
import type { CorsConfiguration } from '../http-api/cors.ts';
import type { ResourceType } from './resource-type.ts';

/** API Gateway's ids have ten characters. */
const ID_LENGTH = 10;

/** AWS::ApiGatewayV2::Api: an HTTP API. */
export const apiGatewayV2Api: ResourceType = {
  honours: ['CorsConfiguration', 'ProtocolType'],
  withoutEffect: ['Description', 'DisableExecuteApiEndpoint', 'Name', 'Tags'],

  deploy({ logicalId, properties }, { stack, httpApis, httpApiUrl }) {
    if (properties.text('ProtocolType') !== 'HTTP') properties.refuse('ProtocolType', 'must be HTTP');
    if (httpApis.size > 0) {
      properties.refuse('ProtocolType', 'is that of a second API, and the embedded cloud serves one');
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
