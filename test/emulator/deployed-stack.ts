/** A resource that a stack output refers to. */
export interface DeployedResource {
  /** The resource's physical id, which is the output's value. */
  readonly physicalId: string;
  readonly logicalId: string;
  /** The resource's properties in the template. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A deployed stack: its template and its outputs. */
export interface DeployedStack {
  /**
   * Returns the resource that an output refers to; undefined if the stack does not have this output.
   *
   * @throws Error if the output is not a plain reference to a resource
   */
  behind(output: string): DeployedResource | undefined;
}

interface Template {
  readonly Resources: Record<string, { readonly Properties?: Record<string, unknown> }>;
  readonly Outputs: Record<string, { readonly Value: { readonly Ref?: string } }>;
}

/** Combines a stack's template with its deployment's outputs. */
export function readDeployed(template: string, outputs: Readonly<Record<string, string>>): DeployedStack {
  const { Resources, Outputs } = JSON.parse(template) as Template;
  return {
    behind(output) {
      const physicalId = outputs[output];
      if (physicalId === undefined) return undefined;
      const logicalId = Outputs[output]?.Value.Ref ?? '';
      const resource = Resources[logicalId];
      if (resource === undefined) throw new Error(`The output ${output} is not a reference to a resource.`);
      return { physicalId, logicalId, properties: resource.Properties ?? {} };
    },
  };
}
