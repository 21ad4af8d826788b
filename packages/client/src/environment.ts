import type { ApiKey } from './http-client.ts';

/**
 * The AWS SDK module that reads the secret. Lambda's Node.js runtimes include the SDK. Since Node.js 18, ES modules can import the SDK:
 * https://aws.amazon.com/blogs/compute/node-js-18-x-runtime-now-available-in-aws-lambda/
 */
const SECRETS_MANAGER = '@aws-sdk/client-secrets-manager';

/**
 * How long the client uses a key before it reads the secret again, in milliseconds. After a rotation, the old key must stay valid for longer than
 * this time.
 */
const KEY_LIFETIME = 5 * 60_000;

/** The part of the SDK that this client uses. */
interface SecretsManager {
  readonly SecretsManagerClient: new (options: { region?: string }) => {
    send(command: unknown): Promise<{ SecretString?: string }>;
  };
  readonly GetSecretValueCommand: new (input: { SecretId: string }) => unknown;
}

/**
 * Reads the API's URL and key from the environment: `ERRAND_URL`, and `ERRAND_API_KEY` or `ERRAND_API_KEY_SECRET_ARN`.
 * `errand.grantSubmit(fn)` sets these variables for a Lambda function.
 *
 * @throws TypeError without `ERRAND_URL`
 */
export function fromEnvironment(now: () => number): { url: string; apiKey: ApiKey | undefined } {
  const environment = environmentOfProcess();
  const { ERRAND_URL: url, ERRAND_API_KEY: apiKey, ERRAND_API_KEY_SECRET_ARN: secretArn } = environment;
  if (!url) {
    throw new TypeError(
      'createErrand has no url. Pass the stack’s ApiUrl output, set ERRAND_URL, or call errand.grantSubmit(fn) in the stack of your Lambda function.',
    );
  }
  if (apiKey) return { url, apiKey };
  return { url, apiKey: secretArn ? keyInSecret(secretArn, now) : undefined };
}

/** Returns the environment variables; an empty object on platforms that have none, such as browsers. */
function environmentOfProcess(): Readonly<Record<string, string | undefined>> {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env ?? {};
}

/** Reads the key on first use, and again after {@link KEY_LIFETIME}. */
function keyInSecret(secretArn: string, now: () => number): () => Promise<string> {
  let key: Promise<string> | undefined;
  let isFreshUntil = 0;
  return () => {
    if (key && now() < isFreshUntil) return key;
    const reading = readSecret(secretArn);
    key = reading;
    isFreshUntil = now() + KEY_LIFETIME;
    reading.catch(() => {
      // After an error, the next request reads the key again.
      if (key === reading) key = undefined;
    });
    return reading;
  };
}

async function readSecret(secretArn: string): Promise<string> {
  const sdk = await loadSdk();
  const [, , , region] = secretArn.split(':');
  const client = new sdk.SecretsManagerClient({ ...(region !== undefined && { region }) });
  const { SecretString: text } = await client.send(new sdk.GetSecretValueCommand({ SecretId: secretArn }));
  if (!text) throw new TypeError(`The secret ${secretArn} (ERRAND_API_KEY_SECRET_ARN) has no string.`);
  return keyOf(text);
}

async function loadSdk(): Promise<SecretsManager> {
  try {
    // The module's name is in a variable, so that bundlers don't try to resolve it.
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ SECRETS_MANAGER)) as SecretsManager;
  } catch (error) {
    throw new TypeError(
      `ERRAND_API_KEY_SECRET_ARN is set, but ${SECRETS_MANAGER} can't be loaded. Lambda's Node.js runtimes have it; elsewhere install it, or set ERRAND_API_KEY.`,
      { cause: error },
    );
  }
}

/**
 * Extracts the key from the secret's value: either the key itself, or JSON with the key's two parts, which CloudFormation generates for
 * `grantSubmit`.
 */
function keyOf(text: string): string {
  if (!text.startsWith('{')) return text;
  const { prefix = '', secret = '' } = JSON.parse(text) as { prefix?: string; secret?: string };
  return prefix + secret;
}
