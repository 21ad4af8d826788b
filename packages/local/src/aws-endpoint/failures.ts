import type { ServerResponse } from 'node:http';

const failures = new WeakMap<ServerResponse, unknown>();

/**
 * Notes the error because of which a call gets a response with status 500, so that the endpoint logs it with its stack.
 *
 * @returns the message of the response, which reveals neither the stack nor a path of this machine
 */
export function noteFailure(response: ServerResponse, error: unknown): string {
  failures.set(response, error);
  return 'The embedded cloud failed. Its log has the error.';
}

/** The log line about a failed call; undefined if the call did not fail. */
export function failureLine(response: ServerResponse, service: string, action: string): string | undefined {
  if (!failures.has(response)) return undefined;
  const error = failures.get(response);
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `The embedded ${service} failed in ${action}: ${details}`;
}
