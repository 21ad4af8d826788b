import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';

/**
 * Reads a parameter of the Parameter Store that is a whole number, each time anew: an operator's change counts for the
 * next run. A call costs nothing, and the store takes 40 a second.
 *
 * @throws Error that names the parameter where it can't be read, or is no number from 1 to `max`
 */
export function createNumberReader(client: SSMClient, name: string, max: number): () => Promise<number> {
  async function read(): Promise<string> {
    try {
      const { Parameter: parameter } = await client.send(new GetParameterCommand({ Name: name }));
      return parameter?.Value ?? '';
    } catch (error) {
      throw new Error(`The parameter ${name} could not be read.`, { cause: error });
    }
  }

  return async () => {
    const text = await read();
    const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (number >= 1 && number <= max) return number;
    throw new Error(`The parameter ${name} is "${text}": give a whole number from 1 to ${max}.`);
  };
}
