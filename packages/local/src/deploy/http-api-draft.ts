import type { Authorizer } from '../http-api/authorizer.ts';
import type { CorsConfiguration } from '../http-api/cors.ts';
import type { HttpApi, Integration, InvokeFunction } from '../http-api/gateway.ts';
import { createIamAuthorizer } from '../http-api/iam-authorizer.ts';
import { createJwtAuthorizer } from '../http-api/jwt-authorizer.ts';
import type { JwtAuthorizerSettings } from '../http-api/jwt-authorizer.ts';
import { createLambdaAuthorizer } from '../http-api/lambda-authorizer.ts';
import type { LambdaAuthorizerSettings } from '../http-api/lambda-authorizer.ts';
import { SECRET_ACCESS_KEY } from '../lambda/function-configuration.ts';
import type { StackIdentity } from '../template/names.ts';
import { arn } from '../template/names.ts';
import { DeployError } from './properties.ts';
import type { Permissions } from './permissions.ts';

/** The authorization types that a route can have. */
export const AUTHORIZATIONS = ['NONE', 'AWS_IAM', 'CUSTOM', 'JWT'] as const;
export type Authorization = (typeof AUTHORIZATIONS)[number];

/** An authorizer from the template. */
export type AuthorizerDraft =
  | ({ readonly type: 'JWT' } & JwtAuthorizerSettings)
  | ({ readonly type: 'REQUEST' } & Omit<LambdaAuthorizerSettings, 'permitted'>);

interface RouteDraft {
  readonly routeKey: string;
  readonly integrationId: string;
  readonly authorization: Authorization;
  readonly authorizerId: string | undefined;
}

/** An HTTP API that is still being deployed. Its parts are separate resources. */
export interface HttpApiDraft {
  readonly apiId: string;
  readonly cors: CorsConfiguration | undefined;
  /** The integrations, keyed by ID. */
  readonly integrations: Map<string, Omit<Integration, 'permitted'>>;
  /** The authorizers, keyed by ID. */
  readonly authorizers: Map<string, AuthorizerDraft>;
  readonly routes: RouteDraft[];
  stage: Pick<HttpApi, 'stage' | 'stageVariables' | 'throttle' | 'accessLog'> | undefined;
}

/**
 * Assembles the API. If the API lacks the permission to invoke a function, the integration is only marked as not permitted. AWS, too,
 * detects a missing permission only when a request arrives.
 *
 * @param invoke invokes the functions of Lambda authorizers
 * @throws DeployError if the API has no stage, or if a route's integration or authorizer is missing
 */
export function finishHttpApi(
  draft: HttpApiDraft,
  stack: StackIdentity,
  permissions: Permissions,
  invoke: InvokeFunction,
): HttpApi {
  const { apiId, cors, stage } = draft;
  if (!stage) throw new DeployError(`the HTTP API ${apiId} has no stage, so it would serve nothing`);
  const permits = (functionName: string, source: string): boolean =>
    permissions.allow(functionName, 'apigateway.amazonaws.com', arn(stack, 'execute-api', source));
  // All routes with the same authorizer share one instance, and therefore its cache.
  const authorizers = new Map<string, Authorizer>();
  for (const [id, authorizer] of draft.authorizers) {
    authorizers.set(
      id,
      authorizer.type === 'JWT'
        ? createJwtAuthorizer(authorizer)
        : createLambdaAuthorizer(
            { ...authorizer, permitted: permits(authorizer.functionName, `${apiId}/authorizers/${id}`) },
            invoke,
            () => performance.now(),
          ),
    );
  }
  const iam = createIamAuthorizer(
    { accountId: stack.account, region: stack.region, secretAccessKey: SECRET_ACCESS_KEY },
    () => new Date(),
  );

  const routes = draft.routes.map(({ routeKey, integrationId, authorization, authorizerId = '' }) => {
    const integration = draft.integrations.get(integrationId);
    if (!integration) {
      throw new DeployError(
        `the route ${routeKey} targets the integration ${integrationId}, which the API does not have`,
      );
    }
    // The source ARN for `GET /v1/jobs` ends in `/GET/v1/jobs`. For `$default`, the source ARN ends in the route key itself.
    const source = `${apiId}/${stage.stage}/${routeKey.replace(' ', '')}`;
    const target: Integration = {
      ...integration,
      permitted: permits(integration.functionName, source),
      routeArn: arn(stack, 'execute-api', source),
    };
    if (authorization === 'NONE') return { routeKey, target };
    const authorize = authorization === 'AWS_IAM' ? iam : authorizers.get(authorizerId);
    if (!authorize) {
      throw new DeployError(
        `the route ${routeKey} uses the authorizer ${authorizerId}, which the API does not have`,
      );
    }
    return { routeKey, target: { ...target, authorize } };
  });
  return { apiId, accountId: stack.account, cors, routes, ...stage };
}
