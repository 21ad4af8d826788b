import { build } from 'esbuild';
import path from 'node:path';
import { figureOf } from '../figure.ts';
import { bytesOf } from '../lambda/bundle-bytes.ts';
import type { BundleName } from '../lambda/bundles.ts';
import type { Probe, Read } from '../probe.ts';

/** The minified JavaScript that a cold start reads. It is the same in every round. */
const bundlesProbe: Probe = {
  name: 'bundles',
  rounds: 1,
  reads: { api: read('api'), worker: read('worker') },
  async open(project) {
    const { api, worker } = await project.bundles();
    const sizes = { api: await kilobytesAtStart(api.folder), worker: await kilobytesAtStart(worker.folder) };
    return {
      measure: () => Promise.resolve(sizes),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
};

export const bundles = figureOf('bundles', [bundlesProbe]);

function read(name: BundleName): Read {
  return {
    what: `bundle of the ${name}, read at its start`,
    unit: 'KB',
    better: 'lower',
    exact: true,
    target: { atMost: 250 },
  };
}

/** Lets esbuild follow the imports of a deployed bundle, independent of how the bundle was built. */
async function kilobytesAtStart(folder: string): Promise<number> {
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: ['index.mjs'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outdir: path.join(folder, 'not-written'),
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  return bytesOf(metafile.inputs).atStart / 1000;
}
