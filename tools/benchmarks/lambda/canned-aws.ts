import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { generate } from 'selfsigned';

/** The environment variable that makes a worker run ten jobs in parallel. A deployment sets it like this if `JOB_BATCH_SIZE` is 10. */
export const BATCHES_OF_TEN = { QUEUE_BATCH_SIZES: JSON.stringify({ default: 10 }) };

/** A running canned AWS. */
export interface CannedAws {
  /** Variables that point the SDK's clients to the canned AWS. The SQS client uses the queue's URL instead. */
  readonly environment: Readonly<Record<string, string>>;
  /** Returns the number of calls received so far. Works only over plain HTTP. */
  calls(): Promise<number>;
  end(): Promise<void>;
}

/**
 * Starts the canned AWS in its own process.
 *
 * @param folder a folder for the HTTPS certificate, which has 2,048 bits like AWS's certificates; undefined for plain HTTP
 * @param callMs how long each call takes, in milliseconds
 */
export async function startCannedAws(folder: string | undefined, callMs = 0): Promise<CannedAws> {
  const tls = folder === undefined ? undefined : await writeCertificate(folder);
  const server = spawn(
    process.execPath,
    [
      path.join(import.meta.dirname, 'canned-server.ts'),
      String(callMs),
      ...(tls ? ['tls', tls.keyFile, tls.certificateFile] : ['plain']),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const [line] = (await Promise.race([
    once(createInterface(server.stdout), 'line'),
    once(server, 'exit').then(() => {
      throw new Error('The canned AWS exited before it was ready.');
    }),
  ])) as [string];
  const ports = JSON.parse(line) as { rdsData: number; dynamoDb: number; sqs: number };
  const at = (port: number): string => `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const queueUrl = `${at(ports.sqs)}/123456789012/Errand-QueuesJobs`;
  return {
    environment: {
      AWS_ENDPOINT_URL_RDS_DATA: at(ports.rdsData),
      AWS_ENDPOINT_URL_DYNAMODB: at(ports.dynamoDb),
      AWS_ENDPOINT_URL_SQS: at(ports.sqs),
      // Old versions, which supported only one queue, read this variable.
      QUEUE_URL: queueUrl,
      QUEUE_URLS: JSON.stringify({ default: queueUrl }),
      ...(tls && { NODE_EXTRA_CA_CERTS: tls.certificateFile }),
    },
    async calls() {
      const response = await fetch(`${at(ports.rdsData)}/calls`);
      return Number(await response.text());
    },
    async end() {
      // The server may have ended already, because Ctrl-C in a terminal also reaches child processes.
      if (server.exitCode !== null || server.signalCode !== null) return;
      const exited = once(server, 'exit');
      server.stdin.end();
      await exited;
    },
  };
}

async function writeCertificate(folder: string): Promise<{ keyFile: string; certificateFile: string }> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  const files = {
    keyFile: path.join(folder, 'key.pem'),
    certificateFile: path.join(folder, 'certificate.pem'),
  };
  await Promise.all([writeFile(files.keyFile, key), writeFile(files.certificateFile, cert)]);
  return files;
}
