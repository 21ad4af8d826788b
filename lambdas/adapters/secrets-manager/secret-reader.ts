import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** How long a value is used before it is read again, in milliseconds: a new value is in use everywhere after that. */
const KEPT_MS = 5 * 60_000;

/**
 * Reads the current value of a text secret: at the first call, and then once in five minutes. A failure is not kept.
 *
 * @param failure what its error says, without the ARN
 */
export function createSecretReader(
  client: SecretsManagerClient,
  secretArn: string,
  now: () => Date,
  failure: string,
): () => Promise<string> {
  let kept: { value: Promise<string>; until: number } | undefined;

  async function read(): Promise<string> {
    try {
      const { SecretString: value } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
      if (!value) throw new Error('The secret has no text.');
      return value;
    } catch (error) {
      kept = undefined;
      throw new Error(failure, { cause: error });
    }
  }

  return () => {
    const moment = now().getTime();
    if (!kept || moment >= kept.until) kept = { value: read(), until: moment + KEPT_MS };
    return kept.value;
  };
}
