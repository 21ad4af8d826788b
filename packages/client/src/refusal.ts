/** An answer other than what was asked for, in words. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  /** The HTTP status. */
  readonly status: number;
  /** The problem document, or what API Gateway answered. */
  readonly problem: unknown;

  constructor(status: number, problem: unknown) {
    super(toText(status, problem));
    this.status = status;
    this.problem = problem;
  }
}

/**
 * The data of an answer.
 *
 * @throws RefusedError where there is none
 */
export function dataOf<Data>({
  data,
  error,
  response,
}: {
  data?: Data;
  error?: unknown;
  response: Response;
}): Exclude<Data, undefined> {
  if (data === undefined) throw new RefusedError(response.status, error);
  return data as Exclude<Data, undefined>;
}

/**
 * For an answer that has no body where all went well.
 *
 * @throws RefusedError for any other
 */
export function requireDone({ error, response }: { error?: unknown; response: Response }): void {
  if (!response.ok) throw new RefusedError(response.status, error);
}

function toText(status: number, problem: unknown): string {
  if (typeof problem !== 'object' || problem === null) return `The API answered ${status}.`;
  const { detail, message, title } = problem as Record<string, unknown>;
  const text = [detail, message, title].find((candidate) => typeof candidate === 'string');
  return text === undefined ? `The API answered ${status}.` : `${text} (${status})`;
}
