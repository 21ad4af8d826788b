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
  /** The timeouts of the queues, in seconds. */
  readonly uploads: Uploads;
  readonly schedules: Schedules;
  readonly authentication: Authentication;
  /** Undefined if no webhook may be sent. */
  readonly webhooks: Webhooks | undefined;
  /** Undefined in a stack that runs only built-in jobs. */
  readonly jobsFile: JobsFile | undefined;
}

/** API Gateway gives up after 30 s. The function times out first, so that its log shows the timeout. */
const TIMEOUT = Duration.seconds(29);

/** Why routes are open to everyone. */
/** The HTTP API and the one function behind it. */
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
      description: 'Answers the HTTP API: submits, reads, cancels and retries jobs.',
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
      // For the dedup windows of a batch, by BatchExecuteStatement.
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

  /** Lets a caller use every route of an API with `auth: 'iam'`. */
  grantInvoke(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: [this.httpApi.arnForExecuteApi()],
    });
  }

  /** Lets a caller use the routes of these scopes, of an API with `auth: 'iam'`. */
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
    // One permission for all routes together, because a function's policy has little room.
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
        // The permission does not cover `$default`, whose ARN has one segment less: API Gateway would respond with 500 there.
        integration:
          routeKey === HttpRouteKey.DEFAULT
            ? new HttpLambdaIntegration('Unrouted', this.function)
            : integration,
        authorizer,
      });
    }
    if (authorizer instanceof HttpNoneAuthorizer)
      acknowledgeOpen(this, 'ALLOW_UNAUTHENTICATED says that everybody may call.');
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
        // Logs the route instead of the path: identifiers, queries and headers don't belong in an access log.
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
   * The log group of the access log, below `/aws/vendedlogs/`. For any other group, API Gateway adds the group's ARN to a single
   * resource policy of the account, which holds 5,120 characters: after some dozens of APIs, the next stack's deployment fails.
   * https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
   */
  private addAccessLogs(retention: ResolvedSettings['logRetentionDays']): LogGroup {
    const logGroup = new LogGroup(this, 'AccessLogs', { retention, removalPolicy: RemovalPolicy.DESTROY });
    const resource = logGroup.node.defaultChild as CfnLogGroup;
    // A part of the stack's id, so that a stack that is deleted and created again does not meet its predecessor's log group.
    const stackNumber = Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', Aws.STACK_ID))));
    resource.logGroupName = `/aws/vendedlogs/${Aws.STACK_NAME}-${resource.logicalId}-${stackNumber}`;
    return logGroup;
  }
}

function reasonOfOpen(route: Route): string {
  if (isOfConsole(route) || isOfDocumentation(route))
    return 'It is a page without data, which asks for the credentials that it calls the API with.';
  return route.path.startsWith('/approvals/')
    ? 'The token in the address of an approval link is signed, and is the credential.'
    : 'It says that the process is up, and nothing else.';
}

function acknowledgeOpen(route: Construct, reason: string): void {
  Validations.of(route).acknowledge({ id: 'AwsSolutions-APIG4', reason });
}

/** Replaces the api's list of job types; undefined for the built-in types, which the package includes. */
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
