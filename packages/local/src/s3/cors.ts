import type { IncomingMessage } from 'node:http';
import { answerEmpty, answerXml } from './answer.ts';
import { corsHeaders, readCorsRules, type CorsRule } from './cors-rules.ts';
import { readDocument } from './document.ts';
import type { ObjectStore } from './object-store.ts';
import type { Call, Context } from './operation.ts';
import { S3Error } from './s3-error.ts';
import type { XmlContent } from '../write-xml.ts';

/** Implements PutBucketCors, which replaces the bucket's previous rules. */
export async function putCors({ request, response, address }: Call, { store }: Context): Promise<void> {
  store.setCors(address.bucket, readCorsRules(await readDocument(request)));
  answerEmpty(response, 200);
}

/** Implements GetBucketCors. */
export function getCors({ response, address }: Call, { store }: Context): void {
  const rules = store.cors(address.bucket);
  if (rules.length === 0) {
    throw new S3Error(404, 'NoSuchCORSConfiguration', 'The CORS configuration does not exist', {
      BucketName: address.bucket,
    });
  }
  answerXml(response, 200, 'CORSConfiguration', { CORSRule: rules.map(documentOf) });
}

function documentOf({ id, origins, methods, headers, exposed, maxAge }: CorsRule): XmlContent {
  return {
    ...(id !== undefined && { ID: id }),
    AllowedOrigin: origins,
    AllowedMethod: methods,
    AllowedHeader: headers,
    ExposeHeader: exposed,
    ...(maxAge !== undefined && { MaxAgeSeconds: maxAge }),
  };
}

/** Implements DeleteBucketCors. */
export function deleteCors({ response, address }: Call, { store }: Context): void {
  store.setCors(address.bucket, []);
  answerEmpty(response, 204);
}

/**
 * Responds to a preflight. Unlike other requests, a preflight needs no signature, and gets a CORS error if the bucket does not exist.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
 */
export function answerPreflight({ request, response, address }: Call, { store }: Context): void {
  const { bucket, key } = address;
  const { origin } = request.headers;
  if (origin === undefined)
    throw new S3Error(400, 'BadRequest', 'Insufficient information. Origin request header needed.');
  const method = methodOf(request);
  const refusal = (message: string, ResourceType: string): S3Error =>
    new S3Error(403, 'AccessForbidden', `CORSResponse: ${message}`, { Method: method, ResourceType });
  if (!store.hasBucket(bucket)) throw refusal('Bucket not found', 'BUCKET');
  if (store.cors(bucket).length === 0) throw refusal('CORS is not enabled for this bucket.', 'BUCKET');
  const headers = headersForPage(request, bucket, store);
  if (headers === undefined) {
    throw refusal(
      "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
      key === '' ? 'BUCKET' : 'OBJECT',
    );
  }
  answerEmpty(response, 200, { ...headers, 'content-length': '0' });
}

/** Returns the CORS headers for a response, or undefined if the request does not come from a web page, or no rule allows the request. */
export function headersForPage(
  request: Pick<IncomingMessage, 'method' | 'headers'>,
  bucket: string,
  store: ObjectStore,
): Record<string, string> | undefined {
  const { origin } = request.headers;
  if (origin === undefined) return undefined;
  const announced = request.headers['access-control-request-headers']?.toLowerCase() ?? '';
  const headers = announced.split(',').flatMap((name) => name.trim() || []);
  return corsHeaders(store.cors(bucket), { origin, method: methodOf(request), headers });
}

/** Returns the method that the rules must allow. As in S3, Access-Control-Request-Method takes precedence, even outside a preflight. */
function methodOf({ method = '', headers }: Pick<IncomingMessage, 'method' | 'headers'>): string {
  return headers['access-control-request-method'] ?? method;
}
