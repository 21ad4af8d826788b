import type { FunctionConfiguration } from '../lambda/function-configuration.ts';
import type { Lambda } from '../lambda/lambda.ts';

/** Changes a template function's configuration before the function is created. */
export type AdjustFunction = (configuration: FunctionConfiguration) => FunctionConfiguration;

/** The functions in one deployment. */
export interface DeployedFunctions {
  /** Creates the deployment's functions, or updates functions that an earlier deployment created. */
  readonly lambda: Lambda;
  /** Deletes functions and aliases from earlier deployments or runs that are not part of this deployment. */
  deleteOthers(): Promise<void>;
}

export function deployedFunctions(
  lambda: Lambda,
  adjust: AdjustFunction = (configuration) => configuration,
): DeployedFunctions {
  const existing = new Set(lambda.functions().map(({ name }) => name));
  const others = new Set([...existing, ...lambda.versionedFunctions()]);
  /** Alias names, keyed by function. */
  const aliases = new Map<string, Set<string>>();
  return {
    lambda: {
      ...lambda,
      createFunction(configuration) {
        const adjusted = adjust(configuration);
        aliases.set(configuration.name, new Set());
        others.delete(configuration.name);
        if (existing.delete(configuration.name)) void lambda.updateFunction(adjusted);
        else lambda.createFunction(adjusted);
      },
      setAlias(functionName, alias, version) {
        lambda.setAlias(functionName, alias, version);
        aliases.get(functionName)?.add(alias);
      },
    },
    async deleteOthers() {
      for (const [functionName, kept] of aliases) lambda.keepAliases(functionName, kept);
      await Promise.all([...others].map((name) => lambda.deleteFunction(name)));
    },
  };
}
