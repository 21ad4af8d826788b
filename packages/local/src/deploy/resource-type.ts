import type { Cloud } from './cloud.ts';
import type { Properties } from './properties.ts';

/** One resource of the template, its intrinsic functions resolved. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Properties;
}

/** What a deployed resource is to the rest of the template. */
export interface DeployedResource {
  /** What `Ref` gives. */
  readonly ref: string;
  /** What `Fn::GetAtt` gives. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * How the embedded cloud runs the resources of one CloudFormation type. A property that is in neither list stops the
 * start, so that nothing the template asks for is silently missing on the laptop.
 */
export interface ResourceType {
  /** The properties it acts on. */
  readonly honours: readonly string[];
  /** The properties that change nothing here: access, encryption, labels, the shape of the machines. */
  readonly withoutEffect: readonly string[];
  deploy(resource: Resource, cloud: Cloud): Promise<DeployedResource> | DeployedResource;
}
