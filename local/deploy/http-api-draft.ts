import type { CorsConfiguration } from '../http-api/cors.ts';
import type { HttpApi, Integration } from '../http-api/gateway.ts';
import type { StackIdentity } from '../template/names.ts';
import { arn } from '../template/names.ts';
import { DeployError } from './properties.ts';
import type { Permissions } from './permissions.ts';

/** An HTTP API while its parts, each a resource of its own, are being deployed. */
export interface HttpApiDraft {
  readonly apiId: string;
  readonly cors: CorsConfiguration | undefined;
  /** By integration id. */
  readonly integrations: Map<string, Omit<Integration, 'permitted'>>;
  readonly routes: { readonly routeKey: string; readonly integrationId: string }[];
  stage: Pick<HttpApi, 'stage' | 'stageVariables' | 'throttle'> | undefined;
}

/**
 * Puts the parts together. A function that no Lambda permission lets the API invoke stays in, not permitted: AWS finds
 * that out with the first request, too.
 * @throws DeployError for an API without a stage, or a route to an integration that is not there
 */
export function finishHttpApi(draft: HttpApiDraft, stack: StackIdentity, permissions: Permissions): HttpApi {
  const { apiId, cors, stage } = draft;
  if (!stage) throw new DeployError(`the HTTP API ${apiId} has no stage, so nothing of it is served`);
  const routes = draft.routes.map(({ routeKey, integrationId }) => {
    const integration = draft.integrations.get(integrationId);
    if (!integration) {
      throw new DeployError(
        `the route ${routeKey} leads to the integration ${integrationId}, which the API does not have`,
      );
    }
    // `GET /v1/jobs` is granted as `…/GET/v1/jobs`, the route `$default` as itself.
    const source = arn(stack, 'execute-api', `${apiId}/${stage.stage}/${routeKey.replace(' ', '')}`);
    const permitted = permissions.allow(integration.functionName, 'apigateway.amazonaws.com', source);
    return { routeKey, target: { ...integration, permitted } };
  });
  return { apiId, accountId: stack.account, cors, routes, ...stage };
}
