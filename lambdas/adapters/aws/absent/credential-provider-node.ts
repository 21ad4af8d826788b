/**
 * Bundled in place of the SDK's chain of credential providers (lib/bundle.ts), which looks for keys in files, in processes and over
 * the network: a function is given its keys by Lambda, and every client is made with them.
 *
 * @throws Error where a client was made without: give it `clientConfiguration()`
 */
export function defaultProvider(): never {
  throw new Error(
    'This client of AWS was made without credentials, and the chain of credential providers is not bundled: make it with clientConfiguration().',
  );
}
