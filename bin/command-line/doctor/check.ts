/** The result of one check, as `errand doctor` shows it. */
export interface CheckResult {
  readonly name: string;
  /** `error`: the deploy would fail. `warning`: the deploy may fail, the check could not run, or jobs are paused. */
  readonly status: 'ok' | 'warning' | 'error';
  /** The finding and, unless the status is `ok`, the remedy. */
  readonly message: string;
}

/** A check's finding. */
export type Finding = Omit<CheckResult, 'name'>;

export const ok = (message: string): Finding => ({ status: 'ok', message });
export const warning = (message: string): Finding => ({ status: 'warning', message });
export const error = (message: string): Finding => ({ status: 'error', message });

/**
 * Runs a check. If the check's AWS call is denied or fails, the result is only a warning, because the deploy may still succeed.
 *
 * @param permission the IAM action that the check needs
 */
export async function runCheck(
  name: string,
  permission: string,
  check: () => Promise<Finding>,
): Promise<CheckResult> {
  try {
    return { name, ...(await check()) };
  } catch (failure) {
    const message = isDenied(failure)
      ? `could not check: needs the ${permission} permission`
      : `could not check (${permission}): ${messageOf(failure)}`;
    return { name, ...warning(message) };
  }
}

/** The error codes for denied calls, which differ between AWS's JSON protocols, its query protocols, and EC2. */
const DENIED = ['AccessDeniedException', 'AccessDenied', 'UnauthorizedOperation', 'AuthorizationError'];

function isDenied(failure: unknown): boolean {
  const { name, $metadata: { httpStatusCode: status } = {} } = failure as SdkError;
  return DENIED.includes(name) || status === 403;
}

/**
 * Returns an error's name and message. If the message is empty, as in the AggregateError for refused connections, returns the error's code
 * instead.
 */
export function messageOf(failure: unknown): string {
  const { name, message, code } = failure as SdkError;
  const text = [name === 'Error' ? '' : name, message || (code ?? '')].filter(Boolean).join(': ');
  return text || String(failure);
}

interface SdkError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}
