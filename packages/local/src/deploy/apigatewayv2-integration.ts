import { physicalId } from '../template/names.ts';
import { invokedFunctionOf } from './lambda-function.ts';
import type { ResourceType } from './resource-type.ts';

/** The length of API Gateway's integration IDs. */
const ID_LENGTH = 7;

/** The maximum integration timeout of an HTTP API, which is also the default. */
const MAX_TIMEOUT_MILLIS = 30_000;

/** AWS::ApiGatewayV2::Integration: a Lambda proxy integration with payload format version 2.0. */
export const apiGatewayV2Integration: ResourceType = {
  honours: ['ApiId', 'IntegrationType', 'IntegrationUri', 'PayloadFormatVersion', 'TimeoutInMillis'],
  withoutEffect: ['Description', 'IntegrationMethod'],

  deploy({ logicalId, properties }, { stack, httpApis }) {
    if (properties.text('IntegrationType') !== 'AWS_PROXY')
      properties.refuse('IntegrationType', 'must be AWS_PROXY');
    if (properties.text('PayloadFormatVersion') !== '2.0')
      properties.refuse('PayloadFormatVersion', 'must be 2.0');
    const timeoutMillis = properties.optionalNumber('TimeoutInMillis') ?? MAX_TIMEOUT_MILLIS;
    if (timeoutMillis < 50 || timeoutMillis > MAX_TIMEOUT_MILLIS) {
      properties.refuse('TimeoutInMillis', `must be 50 to ${MAX_TIMEOUT_MILLIS}`);
    }
    const api =
      httpApis.get(properties.text('ApiId')) ?? properties.refuse('ApiId', 'is not an API in this stack');
    const integrationId = physicalId(stack, logicalId, ID_LENGTH);
    api.integrations.set(integrationId, {
      functionName: invokedFunctionOf(properties.text('IntegrationUri')),
      timeoutMillis,
    });
    return { ref: integrationId, attributes: { IntegrationId: integrationId } };
  },
};
