import { Aws, Duration, Fn, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { type CfnLogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Authentication } from './authentication.ts';
import { consoleFiles } from './console-files.ts';
import { corsOf } from './cors.ts';
import type { Database } from './database.ts';
import { ErrandFunction } from './errand-function.ts';
import { enabledBuiltInJobs } from './jobs/built-in-jobs.ts';
import { rewriteDocuments } from './jobs/job-types-document.ts';
import type { JobsFile } from './jobs/jobs-file.ts';
import type { Queues } from './queues.ts';
import { isOfConsole, isOfDocumentation, otherRequests, routes, type Route } from './routes.ts';
import type { Schedules } from './schedules.ts';
import type { ResolvedSettings } from './settings/table.ts';
import type { Uploads } from './uploads.ts';
import type { Webhooks } from './webhooks.ts';

export interface ApiProps {
  readonly settings: ResolvedSettings;
  readonly database: Database;
  readonly table: Table;
  readonly queues: Queues;
  readonly uploads: Uploads;
  readonly schedules: Schedules;
  readonly authentication: Authentication;
  /** Undefined if the deployment can't send webhooks. */
  readonly webhooks: Webhooks | undefined;
  /** Undefined in a stack with only built-in jobs. */
  readonly jobsFile: JobsFile | undefined;
}

/** API Gateway times out after 30 s. The function times out first, so that its log shows the timeout. */
const TIMEOUT = Duration.seconds(29);

/** The HTTP API, and the single function that handles its requests. */
export class Api extends Construct {
  readonly url: string;
  readonly apiId: string;
  readonly function: ErrandFunction;
  private readonly httpApi: HttpApi;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    const writers = [addCustomJobTypes(props), consoleFiles(props.settings)].filter(
      (each) => each !== undefined,
    );
    this.function = new ErrandFunction(this, 'Function', {
      source: 'api',
      description: 'Serves the HTTP API: submits, reads, cancels and retries jobs.',
      timeout: TIMEOUT,
      memorySize: 512,
      ...(writers.length > 0 && {
        addFiles: (outputDir) => {
          for (const write of writers) write(outputDir);
        },
      }),
      settings: props.settings,
      environment: {
        ...props.database.environment,
        tableName: props.table.tableName,
        ...props.queues.variables,
        queueTimeouts: props.queues.timeouts,
        deadLetterQueueUrl: props.queues.deadLetter.queueUrl,
        uploadsBucket: props.uploads.bucketName,
        keyTableName: props.authentication.keyTable?.tableName,
        webhookSecretArn: props.webhooks?.secretArn,
        ...props.schedules.environment,
        ...props.authentication.environment,
      },
    });
    props.database.grantStatements(this.function);
    props.table.grant(
      this.function,
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
      // BatchExecuteStatement needs the PartiQL actions to write a batch's dedup windows.
      'dynamodb:PartiQLInsert',
      'dynamodb:PartiQLUpdate',
      'dynamodb:PartiQLDelete',
    );
    props.queues.grantSendAndCount(this.function);
    props.schedules.grantWrite(this.function);
    props.queues.deadLetter.grant(this.function, 'sqs:GetQueueAttributes');
    props.uploads.grantRead(this.function);
    props.uploads.grantUpload(this.function);
    props.webhooks?.grantKeys(this.function);
    props.authentication.keyTable?.grant(
      this.function,
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:Scan',
    );

    const corsPreflight = corsOf(props.settings);
    this.httpApi = new HttpApi(this, 'HttpApi', {
      createDefaultStage: false,
      ...(corsPreflight && { corsPreflight }),
    });
    this.url = this.httpApi.apiEndpoint;
    this.apiId = this.httpApi.apiId;
    const served = props.settings.console ? routes : routes.filter((route) => !isOfConsole(route));
    this.addRoutes(served, props.authentication.authorizer, otherRequests(corsPreflight !== undefined));
    this.addStage(props.settings);
  }

  /** Allows a caller to use every route of an API with `auth: 'iam'`. */
  grantInvoke(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: [this.httpApi.arnForExecuteApi()],
    });
  }

  /** Allows a caller to use the routes of the given scopes, in an API with `auth: 'iam'`. */
  grantRoutes(grantee: IGrantable, scopes: ReadonlySet<string>): Grant {
    const granted = routes.filter((route) => route.scopes.some((scope) => scopes.has(scope)));
    return Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: granted.map(({ method, path }) =>
        this.httpApi.arnForExecuteApi(method, path.replaceAll(/\{[^{}]+\}/g, '*')),
      ),
    });
  }

  private addRoutes(
    served: readonly Route[],
    authorizer: IHttpRouteAuthorizer,
    others: readonly HttpRouteKey[],
  ): void {
    // A single permission covers all routes. One permission per route could exceed the size limit of the function's policy.
    const integration = new HttpLambdaIntegration('Function', this.function, {
      scopePermissionToRoute: false,
    });
    const open = new HttpNoneAuthorizer();
    for (const route of served) {
      const made = new HttpRoute(this, `${route.method} ${route.path}`, {
        httpApi: this.httpApi,
        routeKey: HttpRouteKey.with(route.path, HttpMethod[route.method]),
        integration,
        authorizer: route.open ? open : authorizer,
      });
      if (route.open) acknowledgeOpen(made, reasonOfOpen(route));
    }
    for (const routeKey of others) {
      new HttpRoute(this, routeKey.key, {
        httpApi: this.httpApi,
        routeKey,
        // The permission for all routes does not cover `$default`, because the ARN of `$default` has one segment less. Without a separate
        // permission for `$default`, API Gateway would return 500 for unmatched requests.
        integration:
          routeKey === HttpRouteKey.DEFAULT
            ? new HttpLambdaIntegration('Unrouted', this.function)
            : integration,
        authorizer,
      });
    }
    if (authorizer instanceof HttpNoneAuthorizer)
      acknowledgeOpen(this, 'ALLOW_UNAUTHENTICATED allows anyone to call the API.');
  }

  private addStage({ apiRateLimit, apiBurstLimit, logRetentionDays }: ResolvedSettings): void {
    const logGroup = this.addAccessLogs(logRetentionDays);
    new HttpStage(this, 'Stage', {
      httpApi: this.httpApi,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: apiRateLimit, burstLimit: apiBurstLimit },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logGroup),
        // Logs the route instead of the path, because an access log should not contain identifiers, query strings or headers.
        format: AccessLogFormat.custom(
          JSON.stringify({
            time: AccessLogField.contextRequestTime(),
            request_id: AccessLogField.contextRequestId(),
            ip: AccessLogField.contextIdentitySourceIp(),
            route: AccessLogField.contextRouteKey(),
            method: AccessLogField.contextHttpMethod(),
            status: AccessLogField.contextStatus(),
            response_bytes: AccessLogField.contextResponseLength(),
            latency_ms: AccessLogField.contextResponseLatency(),
            gateway_error: AccessLogField.contextErrorMessage(),
            function_error: AccessLogField.contextIntegrationErrorMessage(),
          }),
        ),
      },
    });
  }

  /**
   * The access log's log group, under `/aws/vendedlogs/`. For any other group, API Gateway adds the group's ARN to the account's single
   * resource policy. That policy is limited to 5,120 characters, so after a few dozen APIs, the next deployment would fail.
   * https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
   */
  private addAccessLogs(retention: ResolvedSettings['logRetentionDays']): LogGroup {
    const logGroup = new LogGroup(this, 'AccessLogs', { retention, removalPolicy: RemovalPolicy.DESTROY });
    const resource = logGroup.node.defaultChild as CfnLogGroup;
    // Part of the stack's id. If a stack is deleted and created again, the new stack's log group does not collide with the old one.
    const stackNumber = Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', Aws.STACK_ID))));
    resource.logGroupName = `/aws/vendedlogs/${Aws.STACK_NAME}-${resource.logicalId}-${stackNumber}`;
    return logGroup;
  }
}

function reasonOfOpen(route: Route): string {
  if (isOfConsole(route) || isOfDocumentation(route))
    return 'The page contains no data, and asks for the credentials that it calls the API with.';
  return route.path.startsWith('/approvals/')
    ? "The signed token in an approval link's URL is the credential."
    : 'It only says that the process is up.';
}

function acknowledgeOpen(route: Construct, reason: string): void {
  Validations.of(route).acknowledge({ id: 'AwsSolutions-APIG4', reason });
}

/**
 * Returns a function that replaces the api's list of job types. Returns undefined if there are only built-in types, because the package
 * already contains their list.
 */
function addCustomJobTypes({
  settings: { builtInJobs },
  jobsFile,
}: ApiProps): ((outputDir: string) => void) | undefined {
  if (builtInJobs === true && !jobsFile) return undefined;
  return (outputDir) => {
    rewriteDocuments(outputDir, enabledBuiltInJobs(builtInJobs), jobsFile?.catalogue.jobs ?? []);
    jobsFile?.addJobTypes(outputDir);
  };
}
