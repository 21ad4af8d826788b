import { InvokeCommand, LambdaClient, type InvokeCommandInput } from '@aws-sdk/client-lambda';
import type { Suite } from '../contract.ts';
import { receiveOne } from '../receive-one.ts';
import { versionCases } from './lambda-versions.ts';
import { clientOf, functionsOf, refusal, uniqueName, type World } from '../world.ts';

const API = 'https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html';
const GUIDE = 'https://docs.aws.amazon.com/lambda/latest/dg';

async function invoke(world: World, input: InvokeCommandInput) {
  const answer = await clientOf(world, LambdaClient).send(new InvokeCommand(input));
  const text = answer.Payload?.transformToString() ?? '';
  return { ...answer, value: text === '' ? null : (JSON.parse(text) as unknown) };
}

export const lambda: Suite = {
  protocol: 'lambda',
  cases: [
    {
      name: 'a function responds with its return value',
      page: API,
      aws: { StatusCode: 200, ExecutedVersion: '$LATEST', error: null, value: { got: { a: 1 } } },
      async observe(world) {
        const FunctionName = await functionsOf(world).create(
          'export const handler = async (event) => ({ got: event });',
        );
        const answer = await invoke(world, { FunctionName, Payload: '{"a":1}' });
        const { StatusCode, ExecutedVersion, FunctionError: error = null, value } = answer;
        return { StatusCode, ExecutedVersion, error, value };
      },
    },
    {
      name: 'a function that throws responds with 200, Unhandled, and the error',
      page: `${GUIDE}/nodejs-exceptions.html`,
      aws: {
        StatusCode: 200,
        FunctionError: 'Unhandled',
        type: 'RangeError',
        message: 'too far',
        trace: true,
      },
      async observe(world) {
        const FunctionName = await functionsOf(world).create(
          `export const handler = async () => { throw new RangeError('too far'); };`,
        );
        const { StatusCode, FunctionError, value } = await invoke(world, { FunctionName });
        const { errorType, errorMessage, trace } = value as Record<string, unknown>;
        return {
          StatusCode,
          FunctionError,
          type: errorType,
          message: errorMessage,
          trace: Array.isArray(trace),
        };
      },
    },
    {
      name: 'a function that takes too long fails with a timeout',
      page: `${GUIDE}/troubleshooting-invocation.html`,
      aws: { FunctionError: 'Unhandled', timedOut: true },
      async observe(world) {
        const FunctionName = await functionsOf(world).create(
          'export const handler = () => new Promise((resolve) => setTimeout(resolve, 60_000));',
          { timeoutSeconds: 1 },
        );
        const { FunctionError, value } = await invoke(world, { FunctionName });
        const { errorMessage } = value as { errorMessage?: string };
        return { FunctionError, timedOut: /Task timed out after 1\.\d\d seconds/.test(errorMessage ?? '') };
      },
    },
    {
      name: 'the response contains the end of the log on request',
      page: API,
      aws: { START: true, line: true, END: true, REPORT: true },
      async observe(world) {
        const FunctionName = await functionsOf(world).create(
          `export const handler = async () => { console.log('a line'); };`,
        );
        const { LogResult = '' } = await invoke(world, { FunctionName, LogType: 'Tail' });
        const log = Buffer.from(LogResult, 'base64').toString();
        const has = (text: string): boolean => log.includes(text);
        return {
          START: has('START RequestId: '),
          line: has('a line'),
          END: has('END RequestId: '),
          REPORT: has('REPORT RequestId: '),
        };
      },
    },
    {
      name: 'an event is accepted with 202 without a body, and reaches the function',
      page: `${GUIDE}/invocation-async.html`,
      aws: { StatusCode: 202, value: null, event: { a: 1 } },
      async observe(world) {
        const { url, received } = await receiveOne();
        const FunctionName = await functionsOf(world).create(sendsEventTo(url));
        const { StatusCode, value } = await invoke(world, {
          FunctionName,
          InvocationType: 'Event',
          Payload: '{"a":1}',
        });
        return { StatusCode, value, event: await received };
      },
    },
    {
      name: 'a function without concurrency is throttled, and the response gives the reason',
      page: `${GUIDE}/configuration-concurrency.html`,
      aws: {
        error: 'TooManyRequestsException',
        status: 429,
        reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      },
      async observe(world) {
        const FunctionName = await functionsOf(world).create('export const handler = async () => 1;', {
          reservedConcurrency: 0,
        });
        const sent = invoke(world, { FunctionName });
        const reason = await sent.then(
          () => null,
          (error: unknown) => (error as { Reason?: string }).Reason,
        );
        return { ...(await refusal(sent)), reason };
      },
    },
    {
      name: 'a missing function, and an event that is not JSON, are refused',
      page: API,
      aws: {
        missing: { error: 'ResourceNotFoundException', status: 404 },
        event: { error: 'InvalidRequestContentException', status: 400 },
      },
      async observe(world) {
        const FunctionName = await functionsOf(world).create('export const handler = async () => 1;');
        return {
          missing: await refusal(invoke(world, { FunctionName: uniqueName('function') })),
          event: await refusal(invoke(world, { FunctionName, Payload: '{' })),
        };
      },
    },
    {
      name: 'a function sees its name in its environment and its context',
      page: `${GUIDE}/configuration-envvars.html`,
      aws: { environment: true, context: true, seconds: true },
      async observe(world) {
        const FunctionName = await functionsOf(world)
          .create(`export const handler = async (event, context) => ({
          name: process.env.AWS_LAMBDA_FUNCTION_NAME,
          region: process.env.AWS_REGION,
          memory: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
          version: process.env.AWS_LAMBDA_FUNCTION_VERSION,
          functionName: context.functionName,
          arn: context.invokedFunctionArn,
          id: context.awsRequestId,
          left: context.getRemainingTimeInMillis(),
        });`);
        const { value, $metadata: metadata } = await invoke(world, { FunctionName });
        const seen = value as Record<string, string | number>;
        return {
          environment:
            seen.name === FunctionName &&
            seen.region === 'us-east-1' &&
            seen.memory === '128' &&
            seen.version === '$LATEST',
          context:
            seen.functionName === FunctionName &&
            String(seen.arn).endsWith(`:function:${FunctionName}`) &&
            seen.id === metadata.requestId,
          seconds: Number(seen.left) > 0 && Number(seen.left) <= 10_000,
        };
      },
    },
    ...versionCases,
  ],
};

/** Returns the source of a function that sends its event to a URL. */
export function sendsEventTo(url: string, answer = '{}'): string {
  return `export const handler = async (event) => {
    await fetch(${JSON.stringify(url)}, { method: 'POST', body: JSON.stringify(event) });
    return ${answer};
  };`;
}
