import { TYPES_WITHOUT_EFFECT } from '../deploy/types-without-effect.ts';
import { warningOf } from '../template/assembly.ts';
import { referencesIn } from '../template/references.ts';
import type { Template, TemplateOutput, TemplateValue, WholeTemplate } from '../template/template.ts';
import type { AppStack } from './app-assembly.ts';
import { EMBEDDED_PLACE, inEmbeddedPlace } from './embedded-place.ts';
import { mergeStacks } from './one-template.ts';
import { withPlaceholders } from './placeholders.ts';
import { select } from './select.ts';
import { hasValue, importsIn, unavailable } from './unavailable.ts';

export interface ConstructAssemblyOptions {
  readonly stacks: readonly AppStack[];
  /** The construct's path, such as `Shop/Jobs`. */
  readonly construct: string;
  /** Outputs to add to the stack's outputs. An added output replaces a stack output with the same name. */
  readonly outputs?: Readonly<Record<string, TemplateValue>>;
  /** The paths of constructs to leave out, even if the selected construct needs them. References to these constructs become placeholders. */
  readonly without?: readonly string[];
  /** The values of the stack's parameters, keyed by name. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A resource of the app, as reported to the user. */
export interface AppResource {
  /** The path of the resource's construct. */
  readonly path: string;
  /** The path of the stack's direct child that contains the resource. */
  readonly part: string;
  readonly type: string;
}

/** A stack for the embedded cloud. The stack contains a construct, and the resources that the construct needs from its app. */
export interface ConstructAssembly {
  readonly stackName: string;
  readonly template: Template;
  /** The paths of asset folders and files, keyed by object key. */
  readonly assets: ReadonlyMap<string, string>;
  /** Warnings from the construct and its descendants. */
  readonly warnings: readonly string[];
  /** Resources outside the construct that also run, because the construct needs them. */
  readonly needed: readonly AppResource[];
  /** Resources that do not run, because the construct does not need them, or because they have no effect on this machine. */
  readonly leftOut: readonly AppResource[];
}

/** Thrown if a construct can't run without the rest of its app. The message has one line per problem. */
export class ConstructAssemblyError extends Error {
  override readonly name = 'ConstructAssemblyError';
}

/**
 * Extracts a construct from its app, with the resources that it needs from any stack.
 *
 * @throws ConstructAssemblyError that names each unsupported resource, parameter and import
 */
export function constructAssembly(options: ConstructAssemblyOptions): ConstructAssembly {
  const { construct, outputs = {}, without = [], parameters = {} } = options;
  const stacks = options.stacks.map((each) => ({ ...each, template: inEmbeddedPlace(each.template, each) }));
  // A stack can be nested in another stack. The construct belongs to the innermost stack.
  const [stack] = stacks
    .filter(({ path }) => isInside(construct, path))
    .sort((one, other) => other.path.length - one.path.length);
  if (!stack) throw new ConstructAssemblyError(`The app has no construct ${construct}.`);
  const { template: merged, pathOf } = mergeStacks(stack, stacks, EMBEDDED_PLACE);
  const pathAt = (logicalId: string): string => pathOf.get(logicalId) ?? logicalId;
  refuseUnknownNames(options, [...pathOf.values()], Object.keys(merged.Parameters));

  const whole = withPlaceholders(merged, (logicalId) =>
    without.some((path) => isInside(pathAt(logicalId), path)),
  );
  for (const [name, value] of Object.entries(parameters))
    whole.Parameters[name] = { Type: 'String', Default: value };
  const selection = select(whole.Resources, (logicalId) => isInside(pathAt(logicalId), construct));
  if (Object.keys(selection.resources).length === 0) {
    throw new ConstructAssemblyError(
      `${construct} is in a nested stack, which the embedded cloud does not run: create the construct in a stack.`,
    );
  }
  const problems = unavailable(selection, whole, pathAt);
  if (problems.length > 0) throw new ConstructAssemblyError(problems.join('\n'));

  const outside = Object.entries(merged.Resources)
    .filter(([logicalId]) => !(isInside(pathAt(logicalId), construct) && logicalId in selection.resources))
    .map(([logicalId, { Type: type }]) => {
      const path = pathAt(logicalId);
      return { logicalId, path, part: partOf(path, stacks), type };
    });
  const isNeeded = ({ logicalId, type }: { logicalId: string; type: string }): boolean =>
    logicalId in selection.resources && !(type in TYPES_WITHOUT_EFFECT);
  const added = Object.entries(inEmbeddedPlace(outputs, stack)).map(
    ([name, Value]) => [name, { Value }] as const,
  );
  return {
    stackName: stack.stackName,
    template: {
      ...whole,
      Resources: selection.resources,
      Outputs: onlyAbout(selection.resources, whole, { ...whole.Outputs, ...Object.fromEntries(added) }),
    },
    assets: new Map(stacks.flatMap(({ assets }) => [...assets])),
    warnings: stack.metadata.filter(({ path }) => isInside(path, construct)).flatMap(warningOf),
    needed: outside.filter(isNeeded),
    leftOut: outside.filter((resource) => !isNeeded(resource) && resource.type !== 'AWS::CDK::Metadata'),
  };
}

/** Whether the construct at `path` is the construct at `other`, or a descendant of that construct. */
export function isInside(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}/`);
}

/** Returns the path of the stack's direct child that contains a construct. The child may be the construct itself. */
function partOf(path: string, stacks: readonly AppStack[]): string {
  const lengths = stacks.filter((stack) => isInside(path, stack.path)).map((stack) => stack.path.length);
  const end = path.indexOf('/', Math.max(0, ...lengths) + 1);
  return end === -1 ? path : path.slice(0, end);
}

function refuseUnknownNames(
  { without = [], parameters = {} }: ConstructAssemblyOptions,
  paths: readonly string[],
  parameterNames: readonly string[],
): void {
  for (const name of without) {
    if (!paths.some((path) => isInside(path, name)))
      throw new ConstructAssemblyError(`--without ${name}: the app has no resource at this path.`);
  }
  for (const name of Object.keys(parameters)) {
    if (!parameterNames.includes(name))
      throw new ConstructAssemblyError(`--parameter ${name}: the app has no parameter with this name.`);
  }
}

/** Drops the outputs that refer to unavailable resources, parameters or imports. */
function onlyAbout(
  resources: Template['Resources'],
  whole: WholeTemplate,
  outputs: Readonly<Record<string, TemplateOutput>>,
): Record<string, TemplateOutput> {
  const isThere = (name: string): boolean => {
    const parameter = whole.Parameters[name];
    return name in resources || name.startsWith('AWS::') || (parameter !== undefined && hasValue(parameter));
  };
  return Object.fromEntries(
    Object.entries(outputs).filter(
      ([, { Value }]) => referencesIn(Value).every(isThere) && importsIn(Value).length === 0,
    ),
  );
}
