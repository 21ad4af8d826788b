/**
 * Bundled in place of what the SDK's clients look their configuration up with (lib/bundle.ts): variables, files, which do not exist in
 * Lambda, and the network. `clientConfiguration()` answers all but one question, which is left to the SDK: what
 * `AWS_ENDPOINT_URL…` mean. For that one the variables are read here.
 */
import type { Provider } from '@smithy/types';

interface Selectors<Value> {
  readonly environmentVariableSelector: (source: NodeJS.ProcessEnv) => Value | undefined;
  readonly default: Value | Provider<Value>;
}

/** What a variable says, or the default. */
export function loadConfig<Value>(selectors: Selectors<Value>): Provider<Value> {
  return async () => {
    const given = selectors.environmentVariableSelector(process.env);
    if (given !== undefined) return given;
    const { default: usual } = selectors;
    return typeof usual === 'function' ? (usual as Provider<Value>)() : usual;
  };
}

/** @throws Error for a variable that is neither `true` nor `false` */
export function booleanSelector(source: NodeJS.ProcessEnv, name: string): boolean | undefined {
  const value = source[name];
  if (value === undefined) return undefined;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new Error(`${name} must be "true" or "false", not "${value}".`);
}

/** Lambda's region is one, never an old name for a region with FIPS. */
export function resolveRegionConfig<Given extends { region: string; useFipsEndpoint: boolean }>(
  given: Given,
) {
  const { region, useFipsEndpoint } = given;
  return Object.assign(given, {
    region: () => Promise.resolve(region),
    useFipsEndpoint: () => Promise.resolve(useFipsEndpoint),
  });
}

/** The mode decides about what `clientConfiguration()` gives. */
export function resolveDefaultsModeConfig({ defaultsMode }: { defaultsMode: string }): Provider<string> {
  return () => Promise.resolve(defaultsMode);
}

export const CONFIG_PREFIX_SEPARATOR = '.';
export const SelectorType = { ENV: 'env', CONFIG: 'shared config entry' };

export const REGION_ENV_NAME = 'AWS_REGION';
export const REGION_INI_NAME = 'region';
export class ProviderError extends Error {}

/* Never looked up: the clients are given what these would find. */
export const NODE_REGION_CONFIG_FILE_OPTIONS = {};
export const NODE_REGION_CONFIG_OPTIONS = {};
export const NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS = {};
export const NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS = {};
