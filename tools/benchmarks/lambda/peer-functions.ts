import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { installPeers } from '../contenders/peers.ts';
import { FROM_LAMBDA, type Bundle } from './bundles.ts';

const PEERS = path.resolve(import.meta.dirname, '../peers');

/** Other implementations of a function that accepts jobs like Errand's api function. */
export const PEER_FUNCTIONS = {
  /** Written with Middy, Powertools and the Lambda runtime's AWS SDK. */
  usual: 'the usual Lambda',
  /** Written without packages, to measure a lower bound. */
  'by-hand': 'signed by hand',
} as const;

export type PeerFunction = keyof typeof PEER_FUNCTIONS;

/** A bundle that is deleted on disposal. */
export type BuiltBundle = Bundle & AsyncDisposable;

/** Bundles a peer with `NodejsFunction`'s defaults. */
export async function buildPeerFunction(
  name: PeerFunction,
  tell: (line: string) => void,
): Promise<BuiltBundle> {
  await installPeers(tell);
  const outdir = await mkdtemp(path.join(os.tmpdir(), 'errand-bench-peer-'));
  const stack = new Stack(new App({ outdir, analyticsReporting: false }), 'Peer');
  new NodejsFunction(stack, 'Accept', {
    runtime: Runtime.NODEJS_24_X,
    entry: path.join(PEERS, 'lambda', `${name}.mjs`),
    depsLockFilePath: path.join(PEERS, 'package-lock.json'),
    projectRoot: PEERS,
  });
  const asset = (await readdir(outdir)).find((file) => file.startsWith('asset.'));
  if (asset === undefined) throw new Error(`The function ${name} was not bundled.`);
  return {
    entry: path.join(outdir, asset, 'index.js'),
    environment: {
      ...FROM_LAMBDA,
      AWS_LAMBDA_FUNCTION_NAME: 'jobs-accept',
      // The folder with the AWS SDK, which the runtime provides and the bundle leaves out.
      NODE_PATH: path.join(PEERS, 'node_modules'),
      DEDUP_TABLE: 'deployed-dedup-table',
      CLUSTER_ARN: 'arn:aws:rds:eu-central-1:123456789012:cluster:jobs',
      SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:jobs-a1b2c3',
      DATABASE_NAME: 'jobs',
    },
    [Symbol.asyncDispose]: () => rm(outdir, { recursive: true, force: true }),
  };
}
