import { LambdaClient } from '@aws-sdk/client-lambda';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { LambdaOptions } from '../../src/lambda/lambda.ts';
import { lambdaUnderTest, type LambdaUnderTest } from './lambda-under-test.ts';

/** An embedded Lambda with an SDK client. The test changes and publishes the functions. */
export interface VersionsUnderTest extends LambdaUnderTest {
  readonly client: LambdaClient;
  /** Lambda's own folder. Another run can reuse it. */
  readonly dataDir: string;
  /** Replaces the code of a function's `$LATEST` version in place, in its existing code folder. Resolves when no process runs the old code. */
  change(functionName: string, source: string): Promise<void>;
}

export async function versionsUnderTest(options: Partial<LambdaOptions> = {}): Promise<VersionsUnderTest> {
  const test = await lambdaUnderTest(options);
  const server = createServer((request, response) => {
    test.lambda.handle(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new LambdaClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  return {
    ...test,
    client,
    dataDir: options.dataDir ?? path.join(test.dir, 'data'),
    async change(functionName, source) {
      const configuration = test.lambda.configuration(functionName);
      await rm(configuration.codeDir, { recursive: true });
      await mkdir(configuration.codeDir);
      await writeFile(path.join(configuration.codeDir, 'index.mjs'), source);
      await test.lambda.updateFunction(configuration);
    },
    async end() {
      client.destroy();
      server.close();
      await test.end();
    },
  };
}

/** Returns the source of a handler that returns a word. */
export function saying(word: string): string {
  return `export const handler = async () => '${word}';`;
}
