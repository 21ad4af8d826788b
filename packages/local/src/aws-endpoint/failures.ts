import type { ServerResponse } from 'node:http';

const failures = new WeakMap<ServerResponse, unknown>();

/**
 * Records the error that caused a response with status 500, so that the endpoint logs the error with its stack trace.
 *
 * @returns the message for the response, which reveals neither the stack trace nor a path on this machine
 */
export function noteFailure(response: ServerResponse, error: unknown): string {
  failures.set(response, error);
  return 'The embedded cloud failed. See its log for the error.';
}

/** Returns the log line for a failed call, or undefined if the call did not fail. */
export function failureLine(response: ServerResponse, service: string, action: string): string | undefined {
  if (!failures.has(response)) return undefined;
  const error = failures.get(response);
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `The embedded ${service} failed in ${action}: ${details}`;
}
