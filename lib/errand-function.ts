import { RemovalPolicy } from 'aws-cdk-lib';
import type { Duration } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { bundle } from './bundle.ts';

export interface ErrandFunctionProps {
  /** The folder below `lambdas/` whose `handler.ts` exports `handler`. */
  readonly source: string;
  readonly description: string;
  readonly timeout: Duration;
  /** In MiB. Lambda gives processor time in proportion. */
  readonly memorySize: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetentionDays: RetentionDays;
  /**
   * Files or folders, named from the root of the package, that lie beside the bundle.
   *
   * @default - the bundle alone
   */
  readonly files?: readonly string[];
  /**
   * Writes what else lies beside the bundle into its folder.
   *
   * @default - nothing
   */
  readonly addFiles?: (outputDir: string) => void;
  /**
   * The most executions at once, set aside from the account's concurrency.
   *
   * @default - no more than the account's concurrency allows
   */
  readonly reservedConcurrentExecutions?: number;
  /**
   * How often Lambda repeats an asynchronous invocation that failed. 0–2.
   *
   * @default 2
   */
  readonly retryAttempts?: number;
  /**
   * How long Lambda keeps an asynchronous invocation that it could not start yet. 1 minute – 6 hours.
   *
   * @default Duration.hours(6)
   */
  readonly maxEventAge?: Duration;
  /**
   * Whether Lambda ends a chain of invocations that goes through this function again and again.
   *
   * @default RecursiveLoop.TERMINATE
   */
  readonly recursiveLoop?: RecursiveLoop;
}

/** The shape that all functions share: one ES module on Node 24 and arm64, logging JSON to a log group of its own. */
export class ErrandFunction extends Function {
  constructor(scope: Construct, id: string, props: ErrandFunctionProps) {
    const { source, files, addFiles, logRetentionDays, ...options } = props;
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A role of our own: AWS's managed policy would let the function write to every log group of the account.
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    super(scope, id, {
      ...options,
      code: bundle(source, files, addFiles),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      loggingFormat: LoggingFormat.JSON,
      logGroup,
      role,
    });
  }
}
