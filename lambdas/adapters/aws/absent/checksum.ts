import { createHash } from 'node:crypto';

/**
 * Bundled in place of the SDK's checksums (lib/bundle.ts), each of which it has in JavaScript besides: SQS's client checks with MD5 that
 * its messages arrived whole. Nothing asks for the others.
 */
export class Md5 {
  readonly digestLength = 16;
  #hash = createHash('md5');

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = createHash('md5');
  }
}

/** A constructor, as the others are. */
function NotBundled(): never {
  throw new Error('This checksum is not bundled: see lambdas/adapters/aws/absent/.');
}

export { NotBundled as Crc32, NotBundled as Sha256 };
