import type { FunctionConfiguration } from '../lambda/function-configuration.ts';
import type { Lambda } from '../lambda/lambda.ts';

/** Changes a function's configuration from what the template says. */
export type AdjustFunction = (configuration: FunctionConfiguration) => FunctionConfiguration;

/** The functions of one deployment. */
export interface DeployedFunctions {
  /** Creates the functions of the deployment; a function that an earlier deployment created is updated. */
  readonly lambda: Lambda;
  /** Deletes the functions of earlier deployments that this one doesn't have. */
  deleteOthers(): Promise<void>;
}

export function deployedFunctions(
  lambda: Lambda,
  adjust: AdjustFunction = (configuration) => configuration,
): DeployedFunctions {
  const others = new Set(lambda.functions().map(({ name }) => name));
  return {
    lambda: {
      ...lambda,
      createFunction(configuration) {
        const adjusted = adjust(configuration);
        if (others.delete(configuration.name)) void lambda.updateFunction(adjusted);
        else lambda.createFunction(adjusted);
      },
    },
    async deleteOthers() {
      await Promise.all([...others].map((name) => lambda.deleteFunction(name)));
    },
  };
}
