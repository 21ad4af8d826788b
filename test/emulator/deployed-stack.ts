/** A resource of a stack that one of its outputs names. */
export interface DeployedResource {
  /** What CloudFormation calls the resource: the value of the output. */
  readonly physicalId: string;
  readonly logicalId: string;
  /** What the template asks for. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What was deployed: its template, and what became of it. */
export interface DeployedStack {
  /**
   * The resource whose name or address is the value of an output; undefined where the stack has no such output.
   *
   * @throws Error where the output is no plain reference to a resource
   */
  behind(output: string): DeployedResource | undefined;
}

interface Template {
  readonly Resources: Record<string, { readonly Properties?: Record<string, unknown> }>;
  readonly Outputs: Record<string, { readonly Value: { readonly Ref?: string } }>;
}

/** Reads the template of a stack together with the outputs of its deployment. */
export function readDeployed(template: string, outputs: Readonly<Record<string, string>>): DeployedStack {
  const { Resources, Outputs } = JSON.parse(template) as Template;
  return {
    behind(output) {
      const physicalId = outputs[output];
      if (physicalId === undefined) return undefined;
      const logicalId = Outputs[output]?.Value.Ref ?? '';
      const resource = Resources[logicalId];
      if (resource === undefined) throw new Error(`The output ${output} is no reference to a resource.`);
      return { physicalId, logicalId, properties: resource.Properties ?? {} };
    },
  };
}
