import { isForAlarmsOnly, isKnownType } from '../deploy/known-types.ts';
import { TYPES_WITHOUT_EFFECT } from '../deploy/types-without-effect.ts';
import { referencesIn } from '../template/references.ts';
import { intrinsicOf, isObject } from '../template/template.ts';
import type { Template, TemplateValue } from '../template/template.ts';
import type { Selection } from './select.ts';

/** The prefix of parameter types that CloudFormation resolves through Systems Manager. */
const LOOKED_UP = 'AWS::SSM::Parameter::Value';

/** Explains why the embedded cloud can't run the selected resources, with one line per reason. */
export function unavailable(
  { resources, neededBy }: Selection,
  { Parameters: parameters = {} }: Template,
  pathAt: (logicalId: string) => string,
): string[] {
  const constructAt = (logicalId: string): string => constructOf(pathAt(logicalId));
  const users = new Map<string, string>();
  for (const [logicalId, { Properties = {} }] of Object.entries(resources)) {
    for (const name of [...referencesIn(Properties), ...importsIn(Properties)])
      if (!users.has(name)) users.set(name, constructAt(logicalId));
  }
  const typeProblems = Object.entries(resources).flatMap(([logicalId, { Type: type }]) => {
    const otherUser = isForAlarmsOnly(type) ? userBesideAlarms(resources, logicalId) : undefined;
    if (isKnownType(type) && otherUser === undefined) return [];
    const user = otherUser ?? neededBy.get(logicalId);
    const use = user === undefined ? 'is part of the construct' : `is needed by ${constructAt(user)}`;
    const path = constructAt(logicalId);
    return [
      `${path} (${type}) ${use}, but the embedded cloud does not support this type. To run without the resource: --without ${path}`,
    ];
  });
  const parameterProblems = Object.entries(parameters).flatMap(([name, { Type: type, Default }]) => {
    const user = users.get(name);
    if (user === undefined || hasValue({ Type: type, Default })) return [];
    const why =
      Default === undefined
        ? 'has no default'
        : `takes its value from the Systems Manager parameter ${JSON.stringify(Default)}, which does not exist on this machine`;
    return [`The parameter ${name}, which ${user} uses, ${why}. Set a value: --parameter ${name}=…`];
  });
  const importProblems = [...users].flatMap(([name, user]) =>
    name.startsWith(IMPORT)
      ? [
          `${user} imports ${name.slice(IMPORT.length)}, which no stack of the app exports. Add the stack that exports the value to the app, ` +
            'or use the value itself when the context errand:run-on-host is set.',
        ]
      : [],
  );
  return [...typeProblems, ...parameterProblems, ...importProblems];
}

/** Finds a resource that refers to the given resource. Ignores alarms and resources without an effect. */
function userBesideAlarms(resources: Selection['resources'], logicalId: string): string | undefined {
  const [user] =
    Object.entries(resources).find(
      ([, { Type: type, Properties = {} }]) =>
        !type.startsWith('AWS::CloudWatch::') &&
        !(type in TYPES_WITHOUT_EFFECT) &&
        [...referencesIn(Properties)].includes(logicalId),
    ) ?? [];
  return user;
}

/** Whether a parameter has a value on this machine. */
export function hasValue({
  Type: type,
  Default,
}: {
  Type: string;
  Default?: TemplateValue | undefined;
}): boolean {
  return Default !== undefined && !type.startsWith(LOOKED_UP);
}

/** The prefix that distinguishes imports from resource names, which contain no colon. */
const IMPORT = 'import:';

/** Returns the unresolved imports in a value. */
export function importsIn(value: TemplateValue): string[] {
  const intrinsic = intrinsicOf(value);
  if (intrinsic && ['Fn::ImportValue', 'Fn::GetStackOutput'].includes(intrinsic.name))
    return [IMPORT + JSON.stringify(intrinsic.argument)];
  if (Array.isArray(value)) return value.flatMap(importsIn);
  return isObject(value) ? Object.values(value).flatMap(importsIn) : [];
}

/**
 * Returns the path of a resource's construct. Strips the name of the default child, `Resource` or `Default`.
 */
function constructOf(path: string): string {
  return path.replace(/\/(Resource|Default)$/, '');
}
