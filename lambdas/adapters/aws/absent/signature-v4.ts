/**
 * Bundled in place of the SDK's signer (lib/bundle.ts): the clients are given ours. S3's client, which is bundled apart and has rules of
 * its own, has the SDK's. A constructor, as that one is.
 *
 * @throws Error where a client was made without a signer: give it `clientConfiguration()`
 */
export function SignatureV4(): never {
  throw new Error(
    'This client of AWS was made without a signer, and the one of the SDK is not bundled: make it with clientConfiguration().',
  );
}
