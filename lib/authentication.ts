import { Duration } from 'aws-cdk-lib';
import { HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpIamAuthorizer,
  HttpJwtAuthorizer,
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ErrandFunction } from './errand-function.ts';
import type { ResolvedSettings } from './errand-props.ts';
import { KeyTable } from './key-table.ts';

/** The settings that say how callers prove who they are. */
export type AuthenticationProps = Pick<
  ResolvedSettings,
  | 'auth'
  | 'jwtIssuer'
  | 'jwtAudience'
  | 'jwtTenantClaim'
  | 'jwtScopePrefix'
  | 'defaultTenant'
  | 'deletionProtection'
> & { readonly logRetentionDays: RetentionDays };

/** For so long a key that was revoked may still open a route that it has just opened. */
const CACHE = Duration.seconds(30);

/** API Gateway waits ten seconds for an authorizer: the function ends first, and says in its log why. */
const TIMEOUT = Duration.seconds(9);

/** What stands before the API's routes. */
export class Authentication extends Construct {
  readonly authorizer: IHttpRouteAuthorizer;
  /** What the api function needs to know to tell who its caller is. */
  readonly environment: Readonly<Record<string, string>>;
  /** Undefined where callers have no API keys. */
  readonly keyTable: KeyTable | undefined;
  /** Undefined where API Gateway needs no function to know a caller. */
  readonly function: ErrandFunction | undefined;

  constructor(scope: Construct, id: string, props: AuthenticationProps) {
    super(scope, id);
    const { auth, jwtIssuer, jwtAudience, jwtTenantClaim, jwtScopePrefix, defaultTenant } = props;
    this.environment = {
      AUTH: auth,
      DEFAULT_TENANT: defaultTenant,
      ...(auth === 'jwt' && { JWT_TENANT_CLAIM: jwtTenantClaim }),
      ...(auth === 'jwt' && jwtScopePrefix !== '' && { JWT_SCOPE_PREFIX: jwtScopePrefix }),
    };
    switch (auth) {
      case 'api-key':
        this.keyTable = new KeyTable(this, 'Keys', props);
        this.function = this.keyReader(this.keyTable, props.logRetentionDays);
        this.authorizer = new HttpLambdaAuthorizer('Keys', this.function, {
          responseTypes: [HttpLambdaResponseType.SIMPLE],
          resultsCacheTtl: CACHE,
          // What is remembered of a key on one route says nothing of another.
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

  private keyReader(keyTable: KeyTable, logRetentionDays: RetentionDays): ErrandFunction {
    const reader = new ErrandFunction(this, 'Function', {
      source: 'authorizer',
      description: 'Tells API Gateway whose API key a request has.',
      timeout: TIMEOUT,
      // Each request waits for it that API Gateway remembers nothing for.
      memorySize: 512,
      environment: { KEY_TABLE_NAME: keyTable.tableName },
      logRetentionDays,
    });
    keyTable.grant(reader, 'dynamodb:GetItem');
    return reader;
  }
}
