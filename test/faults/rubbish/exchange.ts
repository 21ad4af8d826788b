import { connect } from 'node:net';

/** A response as received from the socket. */
export interface Answer {
  readonly status: number;
  /** The headers, with lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A request as sent on the socket. */
export interface Sending {
  /** The pieces to write, each in its own packet. */
  readonly pieces: readonly Buffer[];
  /**
   * Whether the request is incomplete. If it is, the server waits for more bytes, so the sender hangs up and does not expect a response.
   */
  readonly isUnfinished: boolean;
  /** Whether the method is HEAD. The response to a HEAD request does not have a body. */
  readonly isHead: boolean;
}

/** The maximum time to wait for a response, in milliseconds. */
const PATIENCE_MS = 15_000;
/** How long the sender of an incomplete request waits before it hangs up, in milliseconds. */
const UNFINISHED_MS = 20;
const PAUSE_MS = 2;

/**
 * Sends bytes over a new connection.
 *
 * @returns the first response; undefined if the connection was closed before a response arrived
 * @throws Error if no response arrives in time
 */
export async function exchange(
  url: string,
  { pieces, isUnfinished, isHead }: Sending,
): Promise<Answer | undefined> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let received = Buffer.alloc(0);
  const answered = new Promise<Answer | undefined>((resolve, reject) => {
    socket.setTimeout(PATIENCE_MS, () => {
      reject(new Error(`No response within ${PATIENCE_MS} ms.`));
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const answer = answerIn(received, { isHead, isClosed: false });
      if (answer) resolve(answer);
    });
    // A server that refuses a request before reading all of it resets the connection. If a response arrived before the reset, the response counts.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(answerIn(received, { isHead, isClosed: true }));
    });
  });
  try {
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      socket.write(piece);
    }
    if (isUnfinished) setTimeout(() => socket.end(), UNFINISHED_MS);
    return await answered;
  } finally {
    socket.destroy();
  }
}

/** Parses the first complete response. A response without a length is complete when the connection is closed. */
function answerIn(bytes: Buffer, of: { isHead: boolean; isClosed: boolean }): Answer | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const rest = bytes.subarray(end + 4);
  if (status < 200) return answerIn(rest, of);
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const hasNoBody = of.isHead || status === 204 || status === 304;
  const body = hasNoBody ? Buffer.alloc(0) : bodyIn(rest, headers);
  if (body) return { status, headers, body };
  return of.isClosed ? { status, headers, body: rest } : undefined;
}

/**
 * Parses a response's body.
 *
 * @returns undefined if the body is incomplete, or has no length and ends only when the connection is closed
 */
function bodyIn(bytes: Buffer, headers: Readonly<Record<string, string>>): Buffer | undefined {
  const { 'content-length': length } = headers;
  if (length !== undefined)
    return bytes.length >= Number(length) ? bytes.subarray(0, Number(length)) : undefined;
  if (headers['transfer-encoding'] !== 'chunked') return undefined;
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16);
    if (size === 0) return Buffer.concat(chunks);
    if (bytes.length < end + 2 + size + 2) return undefined;
    chunks.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
