import { functionArn, type Account, type FunctionConfiguration } from './function-configuration.ts';
import { FunctionPool } from './function-pool.ts';
import { LATEST, qualifiedName } from './function-reference.ts';
import { UnknownFunctionError, VersionInUseError } from './invocation.ts';
import type { Versions } from './versions.ts';

interface FunctionHost {
  readonly account: Account;
  readonly versions: Versions;
  readonly createPool: (configuration: FunctionConfiguration) => FunctionPool;
}

/**
 * One of the account's functions: `$LATEST`, its published versions, and its aliases
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html). `$LATEST` and each version have their own sandboxes, which
 * start with the first invocation.
 *
 * If the function has a debugger port, the port belongs to the last version published in this run, because new invocations use
 * that version. If this run has published no version, the port belongs to `$LATEST`.
 */
export class VersionedFunction {
  #configuration: FunctionConfiguration;
  readonly #host: FunctionHost;
  readonly #latest: FunctionPool;
  /** The pools, keyed by version. */
  readonly #pools = new Map<string, FunctionPool>();
  /** Deleted versions' pools, kept until their invocations have ended. */
  readonly #draining = new Set<FunctionPool>();
  /** Versions, keyed by alias. */
  readonly #aliases = new Map<string, string>();
  /** The last version published in this run. */
  #newest: string | undefined;

  constructor(configuration: FunctionConfiguration, host: FunctionHost) {
    this.#configuration = configuration;
    this.#host = host;
    this.#latest = host.createPool(configuration);
  }

  /**
   * The configuration of `$LATEST`, including the settings that all versions share: reserved concurrency and the debugger's port.
   */
  get configuration(): FunctionConfiguration {
    return this.#configuration;
  }

  /** All started pools, including the pools of deleted versions. */
  get pools(): readonly FunctionPool[] {
    return [this.#latest, ...this.#pools.values(), ...this.#draining];
  }

  /** Returns the pool for invocations with this qualifier. @throws UnknownFunctionError */
  pool(qualifier: string = LATEST): FunctionPool {
    const version = this.#aliases.get(qualifier) ?? qualifier;
    if (version === LATEST) return this.#latest;
    const known = this.#pools.get(version);
    if (known) return known;
    const { name } = this.#configuration;
    const published = this.#host.versions.find(name, version);
    if (!published)
      throw new UnknownFunctionError(functionArn(this.#host.account, qualifiedName(name, qualifier)));
    const pool = this.#host.createPool(this.#withDebugger(published.configuration));
    this.#pools.set(version, pool);
    return pool;
  }

  /**
   * Changes `$LATEST` and the settings that all versions share. Resolves when all sandboxes with `$LATEST`'s old code have exited.
   */
  update(configuration: FunctionConfiguration): Promise<void> {
    this.#configuration = configuration;
    return this.#latest.update(this.#withDebugger(configuration));
  }

  /** Publishes `$LATEST` as a new version. If nothing has changed since the last version, returns that version. */
  publish(): string {
    const { version } = this.#host.versions.publish(this.#configuration);
    if (version === this.#newest) return version;
    const before = this.#newest;
    this.#newest = version;
    if (this.#configuration.inspectPort !== undefined) {
      for (const each of [before, version]) {
        const pool = this.pool(each);
        void pool.update(this.#withDebugger(pool.configuration));
      }
    }
    return version;
  }

  /** @throws UnknownFunctionError if the version does not exist */
  setAlias(alias: string, version: string): void {
    this.pool(version);
    this.#aliases.set(alias, version);
  }

  /** Removes all aliases that are not in `aliases`. */
  keepAliases(aliases: ReadonlySet<string>): void {
    for (const alias of this.#aliases.keys()) if (!aliases.has(alias)) this.#aliases.delete(alias);
  }

  /** Moves all aliases from one version to another. */
  moveAliases(from: string, to: string): void {
    for (const [alias, version] of this.#aliases) if (version === from) this.#aliases.set(alias, to);
  }

  /**
   * Deletes a version, so that it can no longer be invoked. Its running invocations finish. As in AWS, deleting a version that does
   * not exist succeeds (https://github.com/floci-io/floci/pull/2824).
   *
   * @returns a promise that resolves when the version has no invocations left
   * @throws VersionInUseError
   */
  deleteVersion(version: string): Promise<void> {
    const { name } = this.#configuration;
    if (!this.#host.versions.find(name, version)) return Promise.resolve();
    const pool = this.pool(version);
    const aliases = [...this.#aliases].filter(([, named]) => named === version).map(([alias]) => alias);
    if (aliases.length > 0) throw new VersionInUseError(aliases);
    this.#host.versions.forget(name, version);
    if (this.#newest === version) this.#newest = undefined;
    this.#pools.delete(version);
    this.#draining.add(pool);
    return pool.drain().then(() => {
      this.#draining.delete(pool);
    });
  }

  /** Kills all sandboxes, and waits until they have exited. */
  async end(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.end()));
  }

  #withDebugger(configuration: FunctionConfiguration): FunctionConfiguration {
    const { inspectPort } = this.#configuration;
    const isDebugged = configuration.version === this.#newest;
    return { ...configuration, inspectPort: isDebugged ? inspectPort : undefined };
  }
}
