import { referencesIn } from '../template/references.ts';
import { isObject } from '../template/template.ts';
import type { TemplateResource, TemplateValue } from '../template/template.ts';

/** The resource types of IAM policies, which attach to roles, users and groups. */
const POLICIES = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'];

/** The properties that list the roles, users and groups that an IAM policy attaches to. */
const HOLDERS = ['Roles', 'Users', 'Groups'];

/** The property that names an attachment's target, keyed by the attachment's type. */
const TARGETS: Readonly<Record<string, string>> = {
  'AWS::IAM::Policy': 'Roles',
  'AWS::IAM::ManagedPolicy': 'Roles',
  'AWS::Lambda::EventInvokeConfig': 'FunctionName',
  'AWS::Lambda::EventSourceMapping': 'FunctionName',
  'AWS::Lambda::Permission': 'FunctionName',
  'AWS::S3::BucketPolicy': 'Bucket',
  'AWS::SQS::QueuePolicy': 'Queues',
  'AWS::SecretsManager::ResourcePolicy': 'SecretId',
  'AWS::SecretsManager::RotationSchedule': 'SecretId',
  'AWS::SecretsManager::SecretTargetAttachment': 'SecretId',
};

/** The properties that contain a resource's policy document. */
const DOCUMENTS: Readonly<Record<string, string>> = {
  'AWS::S3::BucketPolicy': 'PolicyDocument',
  'AWS::SQS::QueuePolicy': 'PolicyDocument',
  'AWS::SecretsManager::ResourcePolicy': 'ResourcePolicy',
};

/** Whether a resource is an IAM policy, which grants permissions to roles, users and groups. */
export function isRolePolicy({ Type: type }: TemplateResource): boolean {
  return POLICIES.includes(type);
}

/** Whether a resource, such as a bucket policy, is attached to another resource. */
export function isAttachment({ Type: type }: TemplateResource): boolean {
  return type in TARGETS;
}

/** Returns the logical IDs of an attachment's targets. */
export function targetsOf({ Type: type, Properties = {} }: TemplateResource): string[] {
  const target = TARGETS[type];
  return target === undefined ? [] : referencesIn(Properties[target] ?? null);
}

/**
 * Returns a copy of the resource without references to removed resources. These references can be in an IAM policy's roles, users and groups, or in
 * the statements of a resource-based policy.
 */
export function trimmed(
  resource: TemplateResource,
  isKept: (logicalId: string) => boolean,
): TemplateResource {
  const { Type: type, Properties: properties } = resource;
  if (!properties) return resource;
  const onlyKept = (value: TemplateValue): boolean => referencesIn(value).every(isKept);
  const keptItems = (list: TemplateValue | undefined): TemplateValue[] =>
    Array.isArray(list) ? list.filter(onlyKept) : [];

  if (isRolePolicy(resource)) {
    const holders = HOLDERS.filter((name) => name in properties);
    const entries = holders.map((name) => [name, keptItems(properties[name])] as const);
    return { ...resource, Properties: { ...properties, ...Object.fromEntries(entries) } };
  }
  const name = DOCUMENTS[type] ?? '';
  const document = properties[name];
  if (!isObject(document)) return resource;
  const Statement = keptItems(document.Statement);
  return { ...resource, Properties: { ...properties, [name]: { ...document, Statement } } };
}
