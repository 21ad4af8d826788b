import { connect } from 'node:net';

/** A response as received from the socket. The status is 0 if the connection was closed without a response. */
export interface RawAnswer {
  readonly status: number;
  /** The headers, with lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The maximum time to wait for a response, in milliseconds. */
const PATIENCE_MS = 15_000;

/**
 * Sends the bytes, half-closes the connection, and reads until the server closes its side.
 *
 * @throws Error if the exchange takes longer than {@link PATIENCE_MS}
 */
export async function sendRaw(url: string, bytes: Buffer): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    socket.setTimeout(PATIENCE_MS, () => {
      socket.destroy();
      reject(new Error(`No response within ${PATIENCE_MS} ms.`));
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A server that refuses a request before reading all of it resets the connection. If a response arrived before the reset, the response counts.
    socket.on('error', () => undefined);
    socket.on('close', resolve);
    socket.on('end', () => socket.destroy());
    socket.write(bytes);
  });
  return parse(Buffer.concat(chunks).toString());
}

/** Builds an HTTP/1.1 request with only these headers. Each character of a string becomes one byte. */
export function rawRequest(
  method: string,
  target: string,
  headers: readonly (readonly [name: string, value: string])[] = [],
  body: Buffer | string = '',
): Buffer {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'host: localhost',
    'connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)]);
}

/** Builds an HTTP/1.1 request with a body, and with correct headers for the body. */
export function rawBody(
  method: string,
  target: string,
  contentType: string,
  body: Buffer | string,
  headers: readonly (readonly [name: string, value: string])[] = [],
): Buffer {
  const length = ['content-length', String(Buffer.byteLength(body))] as const;
  return rawRequest(method, target, [['content-type', contentType], length, ...headers], body);
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, Math.max(0, end)).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(statusLine.split(' ')[1] ?? 0), headers, body: text.slice(end + 4) };
}
