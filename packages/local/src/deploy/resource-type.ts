import type { Cloud } from './cloud.ts';
import type { Properties } from './properties.ts';

/** A resource of the template, with its intrinsic functions resolved. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Properties;
}

/** The values through which the rest of the template refers to a deployed resource. */
export interface DeployedResource {
  /** The value of `Ref`. */
  readonly ref: string;
  /** The values of `Fn::GetAtt`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * How the embedded cloud runs the resources of one CloudFormation type. A property that is in neither list fails the start, so
 * that nothing in the template is silently missing on the laptop.
 */
export interface ResourceType {
  /** The properties that it implements. */
  readonly honours: readonly string[];
  /** The properties that have no effect here: access, encryption, labels, hardware. */
  readonly withoutEffect: readonly string[];
  deploy(resource: Resource, cloud: Cloud): Promise<DeployedResource> | DeployedResource;
}
