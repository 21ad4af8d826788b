import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { runInThisContext } from 'node:vm';
import { Webhook } from 'standardwebhooks';

const PAGE = path.resolve(import.meta.dirname, '../../docs/webhooks.md');

/** Returns the code block in docs/webhooks.md that defines this function. */
function documentedCode(name: string): string {
  const blocks = [...readFileSync(PAGE, 'utf8').matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code);
  const code = blocks.find((block) => block.includes(`export function ${name}(`));
  if (code === undefined) throw new Error(`${PAGE} has no code block that defines a function ${name}.`);
  return code;
}

const documented = (await import(`data:text/javascript,${encodeURIComponent(documentedCode('verify'))}`)) as {
  verify: (body: Buffer, headers: IncomingHttpHeaders, key: string, now?: Date) => boolean;
};

/** Returns whether a webhook is genuine. The function is the check that docs/webhooks.md shows for code without a webhook library. */
export const { verify } = documented;

/** Creates the callback receiver from docs/webhooks.md, which uses the Standard Webhooks library. */
export function documentedOutcomeOf(key: string): (body: Buffer, headers: IncomingHttpHeaders) => unknown {
  const code = documentedCode('outcomeOf')
    .replace(/^import .*$/m, '')
    .replace('export ', '');
  const create = runInThisContext(`(Webhook, process) => { ${code} return outcomeOf; }`) as (
    ...given: unknown[]
  ) => ReturnType<typeof documentedOutcomeOf>;
  return create(Webhook, { env: { ERRAND_WEBHOOK_KEY: key } });
}

/**
 * Verifies a request with the Standard Webhooks library. Returns the body and the webhook's kind, or undefined if the verification fails. The kind
 * is part of the webhook's id.
 *
 * @throws Error if the documented code disagrees with the verifier
 */
export function opened(
  { body, headers }: Pick<Received, 'body' | 'headers'>,
  key: string,
): { id: string; kind: string; body: unknown } | undefined {
  let content: unknown;
  try {
    content = new Webhook(key).verify(body, headers as Record<string, string>);
  } catch {
    if (verify(body, headers, key))
      throw new Error('The code in docs/webhooks.md accepts what the library refuses.');
    return undefined;
  }
  if (!verify(body, headers, key))
    throw new Error('The code in docs/webhooks.md refuses what the library accepts.');
  const id = String(headers['webhook-id']);
  return { id, kind: id.split('_')[0] ?? '', body: content };
}

/** A request as received. */
export interface Received {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Resolves when the connection is closed, with or without a response. */
  readonly closed: Promise<unknown>;
}

export interface Receiver {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  readonly port: number;
  /** The requests received so far. */
  readonly received: readonly Received[];
  /** Returns the requests received at a path. */
  receivedAt(path: string): readonly Received[];
  end(): Promise<void>;
}

/** Starts a local webhook receiver. `answer` responds to each request; `earlier` is the number of earlier requests to the same path. */
export async function startReceiver(
  answer: (request: Received, response: ServerResponse, earlier: number) => void,
): Promise<Receiver> {
  const received: Received[] = [];
  const receivedAt = (wanted: string) => received.filter((request) => request.path === wanted);
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const closed = once(response, 'close');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { url = '', method = '', headers } = request;
    const complete = { path: url, method, headers, body: Buffer.concat(chunks), closed };
    const earlier = receivedAt(url).length;
    received.push(complete);
    answer(complete, response, earlier);
  };
  const server = createServer((request, response) => {
    receive(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    received,
    receivedAt,
    async end() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
