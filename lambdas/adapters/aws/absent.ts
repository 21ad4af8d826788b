import { createHash } from 'node:crypto';
import type { Provider } from '@smithy/types';

// Stand-ins for modules that the SDK's clients import, although Errand uses little or nothing of them (lib/bundle.ts).
// The SDK's modules look up values in files and on networks that don't exist in Lambda. `clientConfiguration()` sets
// those values instead. Functions that must not be called throw.

/* @aws-sdk/credential-provider-node */

/**
 * Stands in for the SDK's credential provider chain, which searches files, processes and the network. In Lambda, the
 * credentials are set explicitly.
 *
 * @throws Error if the client has no credentials; create it with `clientConfiguration()`
 */
export function defaultProvider(): never {
  throw new Error(
    'This AWS client was created without credentials, and the credential provider chain is not bundled: create it with clientConfiguration().',
  );
}

/* @aws-sdk/endpoint-cache */

/**
 * Stands in for the DynamoDB client's cache of discovered endpoints. Endpoint discovery is off, and no command that Errand
 * uses needs it.
 */
export class EndpointCache {
  readonly get = refuseDiscovery;
  readonly getEndpoint = refuseDiscovery;
  readonly set = refuseDiscovery;
  readonly delete = refuseDiscovery;
  readonly has = refuseDiscovery;
  readonly clear = refuseDiscovery;
}

function refuseDiscovery(): never {
  throw new Error('Endpoint discovery is not bundled: see lambdas/adapters/aws/absent.ts.');
}

/*
 * @smithy/node-http-handler: the clients use Errand's HTTP handler. The S3 client is bundled separately, with the SDK's
 * handler.
 */

export const NodeHttpHandler = {
  /** @throws Error if the client has no handler; create it with `clientConfiguration()` */
  create<Handler>(given: Handler): Handler {
    if (typeof (given as { handle?: unknown }).handle === 'function') return given;
    throw new Error(
      'This AWS client was created without an HTTP handler, and the SDK’s handler is not bundled: create it with clientConfiguration().',
    );
  },
};

export function streamCollector(): never {
  throw new Error('The stream collector is not bundled: see lambdas/adapters/aws/absent.ts.');
}

/* @smithy/signature-v4: the clients use Errand's signer. The S3 client is bundled separately, with the SDK's signer. */

/**
 * A constructor that stands in for the SDK's signer.
 *
 * @throws Error if the client has no signer; create it with `clientConfiguration()`
 */
export function SignatureV4(): never {
  throw new Error(
    'This AWS client was created without a signer, and the SDK’s signer is not bundled: create it with clientConfiguration().',
  );
}

/* @smithy/core/checksum: the SQS client verifies messages with MD5, which the SDK implements in JavaScript. Here, Node computes it. */

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

/** A constructor that stands in for the SDK's checksums. */
function NotBundled(): never {
  throw new Error('This checksum is not bundled: see lambdas/adapters/aws/absent.ts.');
}

export { NotBundled as Crc32, NotBundled as Sha256 };

/*
 * @smithy/core/config, which looks up settings in environment variables and files. `clientConfiguration()` provides all
 * settings except the endpoint. The SDK looks up `AWS_ENDPOINT_URL…` itself, but only in the environment.
 */

interface Selectors<Value> {
  readonly environmentVariableSelector: (source: NodeJS.ProcessEnv) => Value | undefined;
  readonly default: Value | Provider<Value>;
}

/** Returns a variable's value, or the default. */
export function loadConfig<Value>(selectors: Selectors<Value>): Provider<Value> {
  return async () => {
    const given = selectors.environmentVariableSelector(process.env);
    if (given !== undefined) return given;
    const { default: usual } = selectors;
    return typeof usual === 'function' ? (usual as Provider<Value>)() : usual;
  };
}

/** @throws Error if the variable is neither `true` nor `false` */
export function booleanSelector(source: NodeJS.ProcessEnv, name: string): boolean | undefined {
  const value = source[name];
  if (value === undefined) return undefined;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new Error(`${name} must be "true" or "false", not "${value}".`);
}

/** Returns the region unchanged, because Lambda's region is always a real region, never an old pseudo-region for FIPS. */
export function resolveRegionConfig<Given extends { region: string; useFipsEndpoint: boolean }>(
  given: Given,
) {
  const { region, useFipsEndpoint } = given;
  return Object.assign(given, {
    region: () => Promise.resolve(region),
    useFipsEndpoint: () => Promise.resolve(useFipsEndpoint),
  });
}

/** Returns the defaults mode unresolved, because it only affects settings that `clientConfiguration()` sets explicitly. */
export function resolveDefaultsModeConfig({ defaultsMode }: { defaultsMode: string }): Provider<string> {
  return () => Promise.resolve(defaultsMode);
}

export const CONFIG_PREFIX_SEPARATOR = '.';
export const SelectorType = { ENV: 'env', CONFIG: 'shared config entry' };

export const REGION_ENV_NAME = 'AWS_REGION';
export const REGION_INI_NAME = 'region';
export class ProviderError extends Error {}

/* These settings are never looked up, because `clientConfiguration()` provides their values. */
export const NODE_REGION_CONFIG_FILE_OPTIONS = {};
export const NODE_REGION_CONFIG_OPTIONS = {};
export const NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS = {};
export const NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS = {};
