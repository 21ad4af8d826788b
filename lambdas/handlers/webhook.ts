import * as z from 'zod/mini';
import { defineJobType, type JobType } from '../job/job-type.ts';
import type { Json } from '../job/job.ts';
import type { Answer } from './outbound/exchange.ts';
import { customHeaders } from './outbound/custom-headers.ts';
import { outboundUrl } from './outbound/outbound-url.ts';
import { post, type OutboundRules } from './outbound/post.ts';
import { requireSuccess } from './outbound/require-success.ts';
import { signatureOf } from './outbound/signature.ts';
import { USER_AGENT } from './outbound/user-agent.ts';

/** What webhooks need of their deployment. */
export interface WebhookSettings extends OutboundRules {
  /** Reads the secret that signs. The api, which sends nothing, has none. */
  readonly readSecret?: () => Promise<string>;
  readonly now?: () => Date;
}

/** Five attempts within about 75 seconds, unless the receiver says when to come back. */
const RETRY = { attempts: 5, baseMs: 5_000, capMs: 900_000, jitter: 0.2 };

/** POSTs `body` as JSON to `url`, signed. 2xx is success; docs/webhooks.md says what becomes of the rest. */
export function createWebhook(settings: WebhookSettings): JobType {
  const { readSecret, now = () => new Date() } = settings;
  return defineJobType({
    name: 'webhook',
    payload: z.strictObject(
      {
        url: outboundUrl(settings.allowedHosts),
        body: z.optional(z.custom<Json>()),
        headers: z.optional(customHeaders),
      },
      'must be an object with a url',
    ),
    retry: RETRY,
    async run({ url, body = {}, headers }, { jobId, attempt, signal, log }) {
      if (!readSecret) throw new Error('This function has no WEBHOOK_SECRET_ARN to sign with.');
      const bytes = Buffer.from(JSON.stringify(body));
      const ourHeaders = {
        'content-type': 'application/json',
        ...lowerCased(headers),
        'user-agent': USER_AGENT,
        'idempotency-key': jobId,
        'errand-attempt': String(attempt),
        'errand-signature': signatureOf(bytes, await readSecret(), now()),
      };
      const answer = await post(new URL(url), { headers: ourHeaders, body: bytes }, signal, settings);
      log.info('The receiver answered.', { job_id: jobId, host: answer.url.host, status: answer.status });
      requireSuccess(answer, now());
      return resultOf(answer);
    },
  });
}

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** What is kept of the answer: its text, or in base64 what is no text in UTF-8. */
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

/** Undefined for bytes that are not UTF-8, or hold a NUL, which the database does not store. */
function textOf(bytes: Buffer, isTruncated: boolean): string | undefined {
  try {
    // As part of a stream the decoder keeps back a character that was cut in two.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, {
      stream: isTruncated,
    });
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
