import type { SSMClient } from '@aws-sdk/client-ssm';

/**
 * Reads a parameter of the Parameter Store that is a whole number, each time anew: an operator's change counts for the
 * next run. A call costs nothing, and the store takes 40 a second.
 *
 * The SDK's client is loaded with the first call: few functions need it.
 *
 * @throws Error that names the parameter where it can't be read, or is no number from 1 to `max`
 */
export function createNumberReader(
  createClient: () => Promise<SSMClient>,
  name: string,
  max: number,
): () => Promise<number> {
  let client: Promise<SSMClient> | undefined;
  return async () => {
    const { GetParameterCommand } = await import('@aws-sdk/client-ssm');
    const { Parameter: parameter } = await (
      await (client ??= createClient())
    )
      .send(new GetParameterCommand({ Name: name }))
      .catch((error: unknown) => {
        throw new Error(`The parameter ${name} could not be read.`, { cause: error });
      });
    const text = parameter?.Value ?? '';
    const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (number >= 1 && number <= max) return number;
    throw new Error(`The parameter ${name} is "${text}": give a whole number from 1 to ${max}.`);
  };
}
