import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** The tokens' audience, for the JWT_AUDIENCE setting. */
export const AUDIENCE = 'https://jobs.example.com';
export const CLIENT_ID = 'errand-console';

/** A message that configures the provider. The provider replies when it is ready again. */
export interface ToProvider {
  readonly consoleUrl: string;
  readonly tokenSeconds: number;
}

export interface FromProvider {
  readonly issuer: string;
}

/** An OpenID provider on 127.0.0.1. Its only page signs in every user as Ada. */
export interface OpenIdProvider {
  readonly issuer: string;
  /** @param consoleUrl the URL to which the provider redirects */
  open(consoleUrl: string): Promise<void>;
  end(): Promise<void>;
}

/**
 * Starts the provider.
 *
 * @param tokenSeconds an access token's lifetime in seconds
 */
export async function startOpenIdProvider(tokenSeconds: number): Promise<OpenIdProvider> {
  const child = fork(path.join(import.meta.dirname, 'openid-provider-process.ts'), { execArgv: [] });
  const [{ issuer }] = (await once(child, 'message')) as [FromProvider];
  return {
    issuer,
    async open(consoleUrl) {
      const ready = once(child, 'message');
      child.send({ consoleUrl, tokenSeconds } satisfies ToProvider);
      await ready;
    },
    async end() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
