import {
  DeleteFunctionCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
  type ListVersionsByFunctionCommandOutput,
} from '@aws-sdk/client-lambda';
import { clientConfiguration } from '../aws/configuration.ts';

/** Lists and deletes functions' versions. */
export interface FunctionVersions {
  /** Lists the numbers of a function's versions, oldest first. */
  list(functionName: string): Promise<number[]>;
  /** Deletes a version. Also succeeds if the version has already been deleted. */
  delete(functionName: string, version: number): Promise<void>;
}

export function createFunctionVersions(
  client: Pick<LambdaClient, 'send'> = new LambdaClient(clientConfiguration('lambda')),
): FunctionVersions {
  return {
    async list(functionName) {
      const versions: number[] = [];
      let marker: string | undefined;
      do {
        const page: ListVersionsByFunctionCommandOutput = await client.send(
          new ListVersionsByFunctionCommand({ FunctionName: functionName, Marker: marker }),
        );
        versions.push(...(page.Versions ?? []).map(({ Version }) => Number(Version)));
        marker = page.NextMarker;
      } while (marker);
      // $LATEST is not a number.
      return versions.filter(Number.isInteger).sort((a, b) => a - b);
    },
    async delete(functionName, version) {
      try {
        await client.send(
          new DeleteFunctionCommand({ FunctionName: functionName, Qualifier: String(version) }),
        );
      } catch (error) {
        if ((error as Error).name !== 'ResourceNotFoundException') throw error;
      }
    },
  };
}
