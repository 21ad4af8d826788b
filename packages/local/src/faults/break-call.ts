import type { ServerResponse } from 'node:http';
import { answerErrorOf } from '../aws-endpoint/answer-error.ts';
import { answerJsonError } from '../aws-endpoint/answer.ts';
import type { InterceptedCall, Interceptor } from '../aws-endpoint/aws-endpoint.ts';
import type { RunningSandbox } from '../lambda/lambda.ts';
import type { Faults } from './faults.ts';
import type { CallRule, PauseRule } from './rule.ts';
import { serviceError } from './service-error.ts';

/** Finds the running sandbox with this session token. */
export type FindSandbox = (sessionToken: string) => RunningSandbox | undefined;

/** Intercepts AWS calls, and applies the matching rules. */
export function breakCalls(faults: Faults, findSandbox: FindSandbox): Interceptor {
  return (call, proceed) => {
    const { caller, service, action, request } = call;
    // Ignores the token in a presigned URL's query string, because a process other than the signer may use the URL.
    const token = request.headers['x-amz-security-token'];
    const sandbox = typeof token === 'string' ? findSandbox(token) : undefined;
    const rule = faults.ofCall({
      caller,
      service,
      action,
      event: sandbox?.event,
      isKillable: sandbox !== undefined,
    });
    if (rule) carryOut(rule, call, proceed, sandbox);
    else proceed();
  };
}

/**
 * The Data API's errors while a database is resuming: https://github.com/gurenjs/guren/issues/401,
 * https://github.com/aws/aws-sdk-js/issues/2914
 */
const RESUME_REFUSALS: Readonly<Record<PauseRule['refusal'], { code: string; message: string }>> = {
  resuming: {
    code: 'DatabaseResumingException',
    message: 'The database is resuming after being auto-paused. Wait a few seconds and try again.',
  },
  'link-failure': {
    code: 'BadRequestException',
    message:
      'Communications link failure\n\nThe last packet sent successfully to the server was 0 milliseconds ago. The driver has not received any packets from the server.',
  },
  'statement-timeout': { code: 'StatementTimeoutException', message: 'Request timed out' },
};

function carryOut(
  rule: CallRule,
  { service, request, response }: InterceptedCall,
  proceed: () => void,
  sandbox: RunningSandbox | undefined,
): void {
  const kill = () => void sandbox?.kill();
  switch (rule.effect) {
    case 'fail': {
      answerErrorOf(service, response, serviceError(service, rule));
      return;
    }
    case 'pause-aurora':
      answerJsonError(response, { status: 400, ...RESUME_REFUSALS[rule.refusal] });
      return;
    case 'delay':
      setTimeout(() => {
        // Drops the call if the caller has disconnected in the meantime.
        if (!response.destroyed) proceed();
      }, rule.milliseconds).unref();
      return;
    case 'time-out':
      // Reads the whole request, so that the client finishes sending it and then waits for the response.
      request.resume();
      return;
    case 'kill-before':
      kill();
      response.destroy();
      return;
    case 'kill-after':
      withholdAnswer(response, kill);
      proceed();
      return;
    case 'drop-answer':
      withholdAnswer(response, () => undefined);
      proceed();
      return;
  }
}

/** Discards a service's response. Breaks the connection only once the response is complete, so that the service completes the call first. */
function withholdAnswer(response: ServerResponse, onAnswered: () => void): void {
  response.writeHead = () => response;
  response.flushHeaders = () => undefined;
  response.write = () => true;
  response.end = () => {
    onAnswered();
    return response.destroy();
  };
}
