import { malformedXml, notImplemented, S3Error } from './s3-error.ts';
import { childrenOf, readXml, textOf, type XmlElement } from './xml.ts';

/** A rule that allows requests from other origins' web pages. */
export interface CorsRule {
  readonly id?: string | undefined;
  /** Origins, each with at most one wildcard `*`. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  /** Request headers that a preflight may announce, each with at most one wildcard `*`. */
  readonly headers: readonly string[];
  /** Response headers that the page may read. */
  readonly exposed: readonly string[];
  /** How long browsers may cache a preflight response, in seconds. */
  readonly maxAge?: number | undefined;
}

/** The parts of a web page's request that CORS rules are compared with. */
export interface PageRequest {
  readonly origin: string;
  readonly method: string;
  /** The names of headers that a preflight announces, in lower case. */
  readonly headers: readonly string[];
}

/** S3's maximum number of CORS rules per bucket. */
const MAX_RULES = 100;

const METHODS = new Set(['GET', 'PUT', 'POST', 'DELETE', 'HEAD']);

const KNOWN = new Set([
  'ID',
  'AllowedOrigin',
  'AllowedMethod',
  'AllowedHeader',
  'ExposeHeader',
  'MaxAgeSeconds',
]);

/**
 * Parses the body of a PutBucketCors request.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 * @throws S3Error for invalid XML, or an invalid rule
 */
export function readCorsRules(document: string): CorsRule[] {
  const rules = childrenOf(readXml(document), 'CORSRule').map(readRule);
  if (rules.length === 0) throw malformedXml();
  if (rules.length > MAX_RULES)
    throw invalidRequest(`The number of CORS rules should not exceed allowed limit of ${MAX_RULES} rules.`);
  return rules;
}

function readRule(rule: XmlElement): CorsRule {
  const unknown = rule.children.find(({ name }) => !KNOWN.has(name));
  if (unknown) throw notImplemented(`${unknown.name} in a CORS rule`);
  const texts = (name: string): string[] => childrenOf(rule, name).map(({ text }) => text);
  const [origins, methods, headers] = [
    texts('AllowedOrigin'),
    texts('AllowedMethod'),
    texts('AllowedHeader'),
  ];
  if (origins.length === 0 || methods.length === 0) throw malformedXml();
  const otherMethod = methods.find((method) => !METHODS.has(method));
  if (otherMethod !== undefined) {
    throw invalidRequest(
      `Found unsupported HTTP method in CORS config. Unsupported method is ${otherMethod}`,
    );
  }
  checkWildcards('AllowedOrigin', origins);
  checkWildcards('AllowedHeader', headers);
  const maxAge = textOf(rule, 'MaxAgeSeconds');
  if (maxAge !== undefined && !/^-?\d{1,10}$/.test(maxAge)) throw malformedXml();
  return {
    id: textOf(rule, 'ID'),
    origins,
    methods,
    headers,
    exposed: texts('ExposeHeader'),
    maxAge: maxAge === undefined ? undefined : Number(maxAge),
  };
}

function checkWildcards(name: string, patterns: readonly string[]): void {
  const wrong = patterns.find((pattern) => pattern.split('*').length > 2);
  if (wrong !== undefined) throw invalidRequest(`${name} "${wrong}" can not have more than one wildcard.`);
}

function invalidRequest(message: string): S3Error {
  return new S3Error(400, 'InvalidRequest', message);
}

/** Returns the CORS headers for the response to a page's request, or undefined if no rule allows the request. The first matching rule wins. */
export function corsHeaders(
  rules: readonly CorsRule[],
  { origin, method, headers }: PageRequest,
): Record<string, string> | undefined {
  for (const rule of rules) {
    const allowed = rule.origins.find((pattern) => matches(pattern, origin));
    const isAllowed =
      allowed !== undefined &&
      rule.methods.includes(method) &&
      headers.every((name) => rule.headers.some((pattern) => matches(pattern.toLowerCase(), name)));
    if (!isAllowed) continue;
    return {
      ...(allowed === '*'
        ? { 'access-control-allow-origin': '*' }
        : { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' }),
      'access-control-allow-methods': rule.methods.join(', '),
      ...(headers.length > 0 && { 'access-control-allow-headers': headers.join(', ') }),
      ...(rule.exposed.length > 0 && { 'access-control-expose-headers': rule.exposed.join(', ') }),
      ...(rule.maxAge !== undefined && { 'access-control-max-age': String(rule.maxAge) }),
      vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
    };
  }
  return undefined;
}

/** Whether a string matches a pattern with at most one wildcard, which stands for any number of characters. */
function matches(pattern: string, text: string): boolean {
  const [start = '', end] = pattern.split('*');
  if (end === undefined) return pattern === text;
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}
