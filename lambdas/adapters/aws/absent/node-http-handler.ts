/**
 * Bundled in place of the SDK's handler of HTTP (lib/bundle.ts), with all that it has for streams and for HTTP/2: the clients are given
 * ours, whose answers are bytes. S3's client, which is bundled apart, has the SDK's.
 */
export const NodeHttpHandler = {
  /** @throws Error where a client was made without a handler: give it `clientConfiguration()` */
  create<Handler>(given: Handler): Handler {
    if (typeof (given as { handle?: unknown }).handle === 'function') return given;
    throw new Error(
      'This client of AWS was made without a handler of HTTP, and the one of the SDK is not bundled: make it with clientConfiguration().',
    );
  },
};

export function streamCollector(): never {
  throw new Error('What collects streams is not bundled: see lambdas/adapters/aws/absent/.');
}
