import { answerFailure } from '../aws-endpoint/answer-error.ts';
import type { InterceptedCall, Interceptor } from '../aws-endpoint/aws-endpoint.ts';
import { isQueryRequest, QUERY_SERVICES } from '../aws-endpoint/query-protocol.ts';
import { readRequestBody } from '../aws-endpoint/request-body.ts';
import { ApiError } from '../lambda/api-error.ts';
import { S3Error } from '../s3/s3-error.ts';
import { answerDenied } from './access-denied.ts';
import type { Iam, Need, Place, Principal } from './iam.ts';
import { needsOf, type ReadCall } from './needs.ts';

/** Intercepts calls to the services. Denies and logs calls that the caller's role does not allow. */
export function guardCalls(iam: Iam, place: Place, log: (line: string) => void): Interceptor {
  async function guard(principal: Principal, call: InterceptedCall, proceed: () => void): Promise<void> {
    const { caller, service, request, response } = call;
    const input = await inputOf(call);
    if (!input) return;
    const action = isQuery(call) && typeof input.Action === 'string' ? input.Action : call.action;
    const denial = iam.denial(principal, needsIn({ service, action, request, input }));
    if (denial === undefined) {
      proceed();
      return;
    }
    log(deniedLine(caller, service, action, denial));
    answerDenied(response, service, denial);
    // Reads and discards the rest of the body, so that the sender sees the response.
    request.resume();
  }

  /**
   * Returns the permissions that a call requires. Returns an empty list for a URL that S3 or Lambda can't parse, because the service itself
   * refuses such a URL.
   */
  function needsIn(call: ReadCall): Need[] {
    try {
      return needsOf(call, place);
    } catch (error) {
      if (error instanceof S3Error || error instanceof ApiError) return [];
      throw error;
    }
  }

  return (call, proceed) => {
    const principal = iam.principalOf(call.accessKeyId);
    // The form in a PostObject request names the signer, so S3 itself checks the permission after it has parsed the form.
    if (!principal || call.action === 'PostObject') proceed();
    else
      guard(principal, call, proceed).catch((error: unknown) => {
        answerFailure(call.response, call.service, error);
      });
  };
}

/** Returns the log line for a denied call. */
export function deniedLine(caller: string, service: string, action: string, denial: string): string {
  return `IAM refused ${service} ${action} to ${caller}: ${denial}`;
}

/**
 * Returns the call's input; undefined if the caller has disconnected. The input is empty for S3 and Lambda, and for a body that can't be parsed,
 * which the service itself refuses.
 */
async function inputOf({ service, request }: InterceptedCall): Promise<Record<string, unknown> | undefined> {
  if (service === 's3' || service === 'lambda') return {};
  const body = await readRequestBody(request).catch(() => undefined);
  if (!body) return undefined;
  if (isQuery({ service, request })) return Object.fromEntries(new URLSearchParams(body.bytes.toString()));
  const input = body.input();
  return typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
}

/**
 * Whether the body is a query-protocol form. Returns false for services without this protocol, because they parse a form-encoded body differently.
 */
function isQuery({ service, request }: Pick<InterceptedCall, 'service' | 'request'>): boolean {
  return QUERY_SERVICES.has(service) && isQueryRequest(request);
}
