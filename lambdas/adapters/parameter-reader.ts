import { SSMClient, GetParameterCommand } from '@aws-sdk/client-ssm';
import { clientConfiguration } from './aws/configuration.ts';

export function createSsmClient(): SSMClient {
  return new SSMClient(clientConfiguration('ssm'));
}

/**
 * Creates a function that reads a whole number from Parameter Store. Every call reads the parameter again, so that an
 * operator's change takes effect immediately. Reads are free, and Parameter Store accepts 40 reads per second.
 *
 * @throws Error that names the parameter, if the parameter can't be read or is not a number from 1 to `max`
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
    throw new Error(`The parameter ${name} is "${text}", but must be a whole number from 1 to ${max}.`);
  };
}
