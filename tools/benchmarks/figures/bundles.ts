import { build } from 'esbuild';
import path from 'node:path';
import { figureOf, type PeerProbe } from '../figure.ts';
import { bytesOf } from '../lambda/bundle-bytes.ts';
import type { BundleName } from '../lambda/bundles.ts';
import { buildPeerFunction, PEER_FUNCTIONS, type PeerFunction } from '../lambda/peer-functions.ts';
import { runChild } from '../lambda/run-child.ts';
import type { Probe, Read } from '../probe.ts';

/** Measures the size of the minified JavaScript that a cold start reads. The value is the same in every round. */
const bundlesProbe: Probe = {
  name: 'bundles',
  rounds: 1,
  reads: { api: read('api'), worker: read('worker') },
  async open(project) {
    const { api, worker } = await project.bundles();
    const sizes = { api: await kilobytesAtStart(api.entry), worker: await kilobytesAtStart(worker.entry) };
    return {
      measure: () => Promise.resolve(sizes),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
};

/** Placeholder endpoints for functions that are loaded but never invoked. */
const UNUSED_AWS = {
  AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9',
  AWS_ENDPOINT_URL_RDS_DATA: 'http://127.0.0.1:9',
  QUEUE_URL: 'http://127.0.0.1:9/jobs',
};

const LOADED_BYTES = path.resolve(import.meta.dirname, '../lambda/loaded-bytes-child.mjs');

/** Measures the size of the JavaScript that a peer loads at startup, including the Lambda runtime's AWS SDK. */
function peerProbe(name: PeerFunction): PeerProbe {
  return {
    subject: PEER_FUNCTIONS[name],
    probe: {
      name: 'bundles',
      reads: { api: read('api') },
      async open({ signal, tell }) {
        const bundle = await buildPeerFunction(name, tell);
        const environment = { ...bundle.environment, ...UNUSED_AWS };
        return {
          async measure() {
            const { written } = await runChild([LOADED_BYTES, bundle.entry], environment, signal);
            return { api: Number(written) / 1000 };
          },
          [Symbol.asyncDispose]: () => bundle[Symbol.asyncDispose](),
        };
      },
    },
  };
}

export const bundles = figureOf('bundles', [bundlesProbe], [peerProbe('usual'), peerProbe('by-hand')]);

function read(name: BundleName): Read {
  return {
    what: `bundle of the ${name}, read at its start`,
    unit: 'KB',
    better: 'lower',
    exact: true,
    target: { atMost: 250 },
  };
}

/** Measures a deployed bundle by letting esbuild follow its imports. This works regardless of how the bundle was built. */
async function kilobytesAtStart(entry: string): Promise<number> {
  const { metafile } = await build({
    absWorkingDir: path.dirname(entry),
    entryPoints: [path.basename(entry)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outdir: path.join(path.dirname(entry), 'not-written'),
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  return bytesOf(metafile.inputs).atStart / 1000;
}
