import type { Pick } from '../../helpers/pick.ts';
import type { Sending } from './exchange.ts';
import type { RecordedCall } from './recorder.ts';

/** A recorded request that is being mutated. */
export interface Draft {
  method: string;
  target: string;
  headers: [name: string, value: string][];
  body: Buffer;
  /** Returns the framing headers; undefined for a correct `Content-Length`. */
  framing: ((length: number) => [name: string, value: string][]) | undefined;
  /** Splits the body into the packets to send. */
  wire: (body: Buffer) => Buffer[];
  isUnfinished: boolean;
}

/** Mutates a draft, and returns a description of the mutation. */
export type Mutation = (draft: Draft, pick: Pick) => string;

export function draftOf({ method, target, headers, body }: RecordedCall): Draft {
  return {
    ...{ method, target, body, framing: undefined, isUnfinished: false },
    headers: [['host', 'localhost'], ...headers.map(([name, value]): [string, string] => [name, value])],
    wire: (whole) => [whole],
  };
}

/** Encodes a draft. Each character of a header or of the target becomes one byte. */
export function sendingOf({ method, target, headers, body, framing, wire, isUnfinished }: Draft): Sending {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    'connection: close',
    ...(framing?.(body.length) ?? [['content-length', String(body.length)]]).map(
      ([name, value]) => `${name}: ${value}`,
    ),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const [first = Buffer.alloc(0), ...others] = wire(body);
  return { pieces: [Buffer.concat([head, first]), ...others], isUnfinished, isHead: method === 'HEAD' };
}

export function headerOf({ headers }: Draft, wanted: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
}

/** Sets a header, adding it if necessary. */
export function setHeader(draft: Draft, wanted: string, value: string): void {
  const header = draft.headers.find(([name]) => name.toLowerCase() === wanted);
  if (header) header[1] = value;
  else draft.headers.push([wanted, value]);
}
