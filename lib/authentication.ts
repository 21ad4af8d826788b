import { Duration } from 'aws-cdk-lib/core';
import { HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpIamAuthorizer,
  HttpJwtAuthorizer,
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { Construct } from 'constructs';
import { CACHE_SECONDS } from '../lambdas/authorizer/refusals.ts';
import { ErrandFunction } from './errand-function.ts';
import { KeyTable } from './key-table.ts';
import type { ResolvedSettings } from './settings/table.ts';

export interface AuthenticationProps {
  readonly settings: ResolvedSettings;
}

/**
 * How long API Gateway caches an authorization decision. Until a decision expires, a route may still accept a revoked key, or reject a new key
 * that a caller tried before the key existed.
 */
const CACHE = Duration.seconds(CACHE_SECONDS);

/** The authorizer function's timeout. It is shorter than API Gateway's ten seconds, so that the function's log shows the timeout. */
const TIMEOUT = Duration.seconds(9);

/** Authenticates callers before their requests reach the API's routes. */
export class Authentication extends Construct {
  readonly authorizer: IHttpRouteAuthorizer;
  /** Overrides for a function's environment, which remove the token settings unless callers use tokens. */
  readonly environment: Partial<Record<'jwtTenantClaim' | 'jwtScopePrefix' | 'jwtIssuer', undefined>>;
  /** The API key table. Undefined unless callers use API keys. */
  readonly keyTable: KeyTable | undefined;
  /** The authorizer's Lambda function. Undefined unless callers use API keys. */
  readonly function: ErrandFunction | undefined;

  constructor(scope: Construct, id: string, { settings }: AuthenticationProps) {
    super(scope, id);
    const { auth, jwtIssuer, jwtAudience, consoleClientId } = settings;
    this.environment = {
      ...(auth !== 'jwt' && { jwtTenantClaim: undefined, jwtScopePrefix: undefined }),
      ...(consoleClientId === undefined && { jwtIssuer: undefined }),
    };
    switch (auth) {
      case 'api-key':
        this.keyTable = new KeyTable(this, 'Keys', settings);
        this.function = this.keyReader(this.keyTable, settings);
        this.authorizer = new HttpLambdaAuthorizer('Keys', this.function, {
          responseTypes: [HttpLambdaResponseType.SIMPLE],
          resultsCacheTtl: CACHE,
          // A cached decision applies to one route only.
          identitySource: ['$request.header.Authorization', '$context.routeKey'],
        });
        break;
      case 'iam':
        this.authorizer = new HttpIamAuthorizer();
        break;
      case 'jwt':
        this.authorizer = new HttpJwtAuthorizer('Tokens', jwtIssuer ?? '', { jwtAudience: [...jwtAudience] });
        break;
      case 'none':
        this.authorizer = new HttpNoneAuthorizer();
        break;
    }
  }

  private keyReader(keyTable: KeyTable, settings: ResolvedSettings): ErrandFunction {
    const reader = new ErrandFunction(this, 'Function', {
      source: 'authorizer',
      description: "Tells API Gateway who owns a request's API key.",
      timeout: TIMEOUT,
      // Every request without a cached decision waits for this function.
      memorySize: 512,
      settings,
      environment: { keyTableName: keyTable.tableName },
    });
    keyTable.grant(reader, 'dynamodb:GetItem');
    return reader;
  }
}
