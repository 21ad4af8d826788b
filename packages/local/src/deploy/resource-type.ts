import type { Cloud } from './cloud.ts';
import type { Properties } from './properties.ts';

/** A resource from the template, with resolved intrinsic functions. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Properties;
}

/** The values that replace the template's references to a deployed resource. */
export interface DeployedResource {
  /** The value returned by `Ref`. */
  readonly ref: string;
  /** The values returned by `Fn::GetAtt`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * How the embedded cloud runs resources of one CloudFormation type. Startup fails if a resource has a property that is in neither `honours` nor
 * `withoutEffect`, so that nothing is silently ignored.
 */
export interface ResourceType {
  /** The implemented properties. */
  readonly honours: readonly string[];
  /** Properties without an effect here, such as those for access control, encryption, labels or hardware. */
  readonly withoutEffect: readonly string[];
  deploy(resource: Resource, cloud: Cloud): Promise<DeployedResource> | DeployedResource;
}
