import { serveQuery } from '../aws-endpoint/query-protocol.ts';
import type { AwsService } from '../service.ts';

/** The signer of a call: the account's operator, or a function with its role. */
export interface CallerIdentity {
  readonly account: string;
  /** The ARN of the function's assumed role; undefined for the operator. */
  readonly roleSessionOf: (accessKeyId: string) => string | undefined;
}

/** STS with GetCallerIdentity: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export function createSts({ account, roleSessionOf }: CallerIdentity): AwsService {
  const handle = serveQuery({
    title: 'STS',
    operations: {
      GetCallerIdentity: {
        parameters: [],
        run(_input, caller) {
          const session = roleSessionOf(caller);
          // Credentials without a role have full access, so they belong to the account's root user.
          const Arn = session ?? `arn:aws:iam::${account}:root`;
          return { Arn, UserId: session === undefined ? account : caller, Account: account };
        },
      },
    },
  });
  return { name: 'sts', handle, end: () => Promise.resolve() };
}
