import { conditionHolds } from '../template/conditions.ts';
import { resolve } from '../template/intrinsics.ts';
import { arn, physicalName, pseudoParameters } from '../template/names.ts';
import { inDependencyOrder } from '../template/order.ts';
import type { Resolved, Scope } from '../template/scope.ts';
import { TemplateError } from '../template/template.ts';
import type { Template, TemplateResource } from '../template/template.ts';
import type { Cloud } from './cloud.ts';
import { deployCustomResource } from './custom-resource.ts';
import { isCustom, isKnownType } from './known-types.ts';
import { DeployError, Properties } from './properties.ts';
import type { DeployedResource, Resource } from './resource-type.ts';
import { RESOURCE_TYPES } from './resource-types.ts';
import { TYPES_WITHOUT_EFFECT } from './types-without-effect.ts';

/**
 * Deploys a template's resources one at a time, each after its dependencies.
 * @returns the template's outputs, and the `Ref` value of each resource
 * @throws DeployError or TemplateError with one line about the resource that can't be run
 */
export async function deployStack(
  template: Template,
  cloud: Cloud,
): Promise<{ outputs: Record<string, string>; physicalIds: ReadonlyMap<string, string> }> {
  const deployed = new Map<string, DeployedResource>();
  const scope = scopeOf(template, cloud, deployed);
  const resources = withCondition(template.Resources, scope);
  refuseUnknownTypes(resources);

  for (const logicalId of inDependencyOrder(resources)) {
    const resource = resources[logicalId];
    if (resource) deployed.set(logicalId, await deployNamed(logicalId, resource, scope, cloud));
  }
  return {
    outputs: outputsOf(template, scope, cloud),
    physicalIds: new Map([...deployed].map(([logicalId, { ref }]) => [logicalId, ref])),
  };
}

/** Deploys a resource. Adds the resource's name to errors that don't contain it, such as a service's error response. */
async function deployNamed(
  logicalId: string,
  resource: TemplateResource,
  scope: Scope,
  cloud: Cloud,
): Promise<DeployedResource> {
  try {
    return await deployResource(logicalId, resource, scope, cloud);
  } catch (error) {
    if (error instanceof DeployError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DeployError(`${logicalId} (${resource.Type}): ${reason}`, { cause: error });
  }
}

async function deployResource(
  logicalId: string,
  { Type: type, Properties: unresolved = {} }: TemplateResource,
  scope: Scope,
  cloud: Cloud,
): Promise<DeployedResource> {
  if (type in TYPES_WITHOUT_EFFECT) return placeholder(logicalId, type, cloud);
  const owner = `${logicalId} (${type})`;
  const properties = new Properties(owner, resolve(unresolved, scope) as Record<string, Resolved>);
  const resource: Resource = { logicalId, type, properties };
  if (isCustom(type)) return deployCustomResource(resource, cloud);

  const resourceType = RESOURCE_TYPES[type];
  if (!resourceType) throw unknownTypes([owner]);
  for (const name of Object.keys(properties.values)) {
    if (!resourceType.honours.includes(name) && !resourceType.withoutEffect.includes(name)) {
      properties.refuse(name, 'is a property that the embedded cloud does not support');
    }
  }
  return resourceType.deploy(resource, cloud);
}

function scopeOf(
  template: Template,
  { stack }: Cloud,
  deployed: ReadonlyMap<string, DeployedResource>,
): Scope {
  const existing = (logicalId: string): DeployedResource => {
    const resource = deployed.get(logicalId);
    if (!resource) throw new TemplateError(`the template refers to ${logicalId}, which it does not have`);
    return resource;
  };
  return {
    template,
    pseudoParameters: pseudoParameters(stack),
    ref: (logicalId) => existing(logicalId).ref,
    attribute(logicalId, name) {
      const value = existing(logicalId).attributes?.[name];
      if (value !== undefined) return value;
      const type = template.Resources[logicalId]?.Type ?? '';
      if (type in TYPES_WITHOUT_EFFECT) return `${existing(logicalId).ref}-${name}`;
      throw new TemplateError(`${logicalId} (${type}) has no attribute ${name} in the embedded cloud`);
    },
  };
}

/** Returns placeholder attributes for a resource that does not run. References to the resource still need a name and an ARN. */
function placeholder(logicalId: string, type: string, { stack }: Cloud): DeployedResource {
  const name = physicalName(stack, logicalId, 255);
  const service = type.split('::')[1]?.toLowerCase() ?? '';
  return { ref: name, attributes: { Arn: arn(stack, service, name) } };
}

function withCondition(
  resources: Readonly<Record<string, TemplateResource>>,
  scope: Scope,
): Record<string, TemplateResource> {
  return Object.fromEntries(
    Object.entries(resources).filter(
      ([, { Condition }]) => Condition === undefined || conditionHolds(Condition, scope, resolve),
    ),
  );
}

/** Throws if a resource type is unknown. Runs before any resource is deployed, so that a stack never runs partially. */
function refuseUnknownTypes(resources: Readonly<Record<string, TemplateResource>>): void {
  const unknown = Object.entries(resources)
    .filter(([, { Type: type }]) => !isKnownType(type))
    .map(([logicalId, { Type: type }]) => `${logicalId} (${type})`);
  if (unknown.length > 0) throw unknownTypes(unknown);
}

function unknownTypes(owners: readonly string[]): DeployError {
  return new DeployError(`the embedded cloud cannot run ${owners.join(', ')}: it does not support the type`);
}

function outputsOf(
  template: Template,
  scope: Scope,
  { stack, httpApis, httpApiUrl }: Cloud,
): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const [name, { Value, Condition }] of Object.entries(template.Outputs ?? {})) {
    if (Condition !== undefined && !conditionHolds(Condition, scope, resolve)) continue;
    let value = resolve({ 'Fn::Join': ['', [Value]] }, scope) as string;
    // Replaces API URLs that the template builds from the API's ID, because the API has a different URL on this machine.
    for (const apiId of httpApis.keys()) {
      value = value.replace(`https://${apiId}.execute-api.${stack.region}.amazonaws.com`, httpApiUrl);
    }
    outputs[name] = value;
  }
  return outputs;
}
