import { serveQuery } from '../aws-endpoint/query-protocol.ts';
import type { AwsService } from '../service.ts';

/** The callers' identities: the account's operator, or a function's assumed role. */
export interface CallerIdentity {
  readonly account: string;
  /** Returns the ARN of a function's assumed role, or undefined for the operator. */
  readonly roleSessionOf: (accessKeyId: string) => string | undefined;
}

/** Creates STS, which supports only GetCallerIdentity: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export function createSts({ account, roleSessionOf }: CallerIdentity): AwsService {
  const handle = serveQuery({
    title: 'STS',
    operations: {
      GetCallerIdentity: {
        parameters: [],
        run(_input, caller) {
          const session = roleSessionOf(caller);
          // Credentials without a role have full access, so they count as the account's root user.
          const Arn = session ?? `arn:aws:iam::${account}:root`;
          return { Arn, UserId: session === undefined ? account : caller, Account: account };
        },
      },
    },
  });
  return { name: 'sts', handle, end: () => Promise.resolve() };
}
