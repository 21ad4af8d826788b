import * as z from 'zod/mini';
import { createHmac } from 'node:crypto';
import type { JobContext } from '../../job/job-context.ts';
import { CALLBACK_JOB_TYPE } from '../../job/catalogue.ts';
import { job } from '../../job/definition.ts';
import type { FieldError } from '../../job/errors.ts';
import type { Json } from '../../job/job.ts';
import { deriveWebhookKey } from '../../webhook-key/webhook-key.ts';
import { hostsOf, type AllowedHosts, hostRefusal, outboundUrl } from '../outbound/allowed-hosts.ts';
import type { Answer, OutboundRules } from '../outbound/post.ts';
import { requireSuccess } from '../outbound/answer.ts';
import { customHeaders } from './custom-headers.ts';

/** The deployment's settings for webhooks. */
export interface WebhookSettings extends Omit<OutboundRules, 'allowedHosts'> {
  readonly allowedHosts: AllowedHosts;
  /** Reads the secret from which tenants' keys are derived. Undefined if the function doesn't send webhooks. */
  readonly readSecret?: () => Promise<string>;
  readonly now?: () => Date;
}

/** The retry policy: five attempts within about 75 seconds, unless the receiver says when to retry. */
const RETRY = { attempts: 5, baseSeconds: 5, capSeconds: 900 };

/**
 * POSTs `body` as JSON to `url`, signed with the tenant's key. 2xx means success; docs/webhooks.md describes all other
 * responses.
 */
export function createWebhook(settings: WebhookSettings) {
  const { allowedHosts, now = () => new Date() } = settings;
  return job(CALLBACK_JOB_TYPE, {
    payload: z.strictObject(
      {
        url: outboundUrl(allowedHosts),
        body: z.optional(z.custom<Json>()),
        headers: z.optional(customHeaders),
      },
      'must be an object with a url',
    ),
    retry: RETRY,
    async run({ url, body = {}, headers }, context) {
      // Load this code on the first webhook, because the API function needs only the payload's schema.
      const { post, USER_AGENT } = await import('../outbound/post.ts');
      const { jobId, tenant, attempt, signal, log, traceparent, tracestate } = context;
      const bytes = Buffer.from(JSON.stringify(body));
      const ourHeaders = {
        'content-type': 'application/json',
        // The payload's headers are added after these headers, so a client's own trace headers take precedence.
        ...(traceparent !== undefined && { traceparent, ...(tracestate !== undefined && { tracestate }) }),
        ...lowerCased(headers),
        'user-agent': USER_AGENT,
        'idempotency-key': jobId,
        'errand-attempt': String(attempt),
        ...(await sign(bytes, context, settings, now())),
      };
      const rules = { ...settings, allowedHosts: hostsOf(tenant, allowedHosts) };
      const answer = await post(new URL(url), { headers: ourHeaders, body: bytes }, signal, rules);
      log.info('The receiver responded.', { host: answer.url.host, status: answer.status });
      requireSuccess(answer, now());
      return resultOf(answer);
    },
  });
}

/** Rejects URLs whose hosts the tenant may not call. */
export function refuseHosts({ allowedHosts }: Pick<WebhookSettings, 'allowedHosts'>) {
  return ({ url }: { url: string }, tenant: string): FieldError | undefined => {
    const message = hostRefusal(url, tenant, allowedHosts);
    return message === undefined ? undefined : { field: 'url', message };
  };
}

/**
 * Creates the signature headers. The signed id contains the webhook's kind, so the signature also proves whether Errand or a
 * client wrote the body.
 */
async function sign(
  body: Buffer,
  { jobId, tenant, signing }: JobContext,
  { readSecret }: WebhookSettings,
  now: Date,
): Promise<Readonly<Record<string, string>>> {
  if (!readSecret) throw new Error('This function has no WEBHOOK_SECRET_ARN to sign with.');
  if (!signing) throw new Error('The claimed webhook job carries no signing data.');
  const masterSecret = await readSecret();
  const keys = signing.generations.map((generation) => deriveWebhookKey(masterSecret, tenant, generation));
  return signatureHeaders(`${signing.kind}_${jobId}`, body, keys, now);
}

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Converts a response to the job's result. The body is stored as text, or in base64 if it is not valid UTF-8. */
function resultOf({ status, headers, body, isTruncated }: Answer): Json {
  const text = textOf(body, isTruncated);
  return {
    status,
    content_type: headers['content-type'] ?? null,
    encoding: text === undefined ? 'base64' : 'text',
    body: text ?? body.toString('base64'),
    truncated: isTruncated,
  };
}

/** Decodes a body; undefined if it is not valid UTF-8, or contains a NUL, which the database can't store. */
function textOf(bytes: Buffer, isTruncated: boolean): string | undefined {
  try {
    // Decode a truncated body in streaming mode, which omits a character that was cut off partway.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, {
      stream: isTruncated,
    });
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

/**
 * Creates the headers that let a receiver verify a request, as defined by Standard Webhooks 1.0.0
 * (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md). The signature is the HMAC-SHA256 of the id,
 * the time and the body's bytes, separated by periods. The time is signed too, so that a receiver can reject replayed
 * requests by checking the time.
 *
 * @param id must not contain a period: otherwise, the boundary between the id and the time would be ambiguous
 * @param keys the keys that sign the request, each with its own signature; the receiver accepts any matching signature
 */
export function signatureHeaders(
  id: string,
  body: Buffer,
  keys: readonly Buffer[],
  now: Date,
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const signatures = keys.map((key) => {
    const digest = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
    return `v1,${digest}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
