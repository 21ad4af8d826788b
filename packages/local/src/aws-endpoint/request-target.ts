import type { IncomingMessage } from 'node:http';

/** The target of a request: its path and query string. */
export interface RequestTarget {
  /** The path as sent, neither decoded nor normalized. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Matches the scheme and host of a target in absolute form. HTTP servers must accept this form (RFC 9112, section 3.2.2). */
const ABSOLUTE = /^https?:\/\/[^/?]*/i;

/** Parses a request's target. Unlike `new URL`, this function accepts every target, such as `//`, and keeps `..` in the path. */
export function targetOf({ url = '/' }: Pick<IncomingMessage, 'url'>): RequestTarget {
  const target = url.replace(ABSOLUTE, '');
  const start = target.indexOf('?');
  const path = start < 0 ? target : target.slice(0, start);
  return {
    path: path === '' ? '/' : path,
    query: new URLSearchParams(start < 0 ? '' : target.slice(start + 1)),
  };
}
