import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson } from '../aws-endpoint/answer.ts';
import type { AccountConcurrency } from './account-concurrency.ts';

/** Quotas of every account, in bytes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const CODE_SIZE = {
  CodeSizeUnzipped: 262_144_000,
  CodeSizeZipped: 52_428_800,
  TotalCodeSize: 80_530_636_800,
};

/** Responds to GetAccountSettings: https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
export function respondWithAccountSettings(
  { quota, unreserved }: AccountConcurrency,
  functionCount: number,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  request.resume();
  answerJson(response, 200, {
    AccountLimit: {
      ...CODE_SIZE,
      ConcurrentExecutions: quota,
      UnreservedConcurrentExecutions: unreserved(),
    },
    // The code size is not measured.
    AccountUsage: { FunctionCount: functionCount, TotalCodeSize: 0 },
  });
}
