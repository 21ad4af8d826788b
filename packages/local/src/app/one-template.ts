import { resolve } from '../template/intrinsics.ts';
import { pseudoParameters, type StackIdentity } from '../template/names.ts';
import { rewrite, rewriteCondition, type Replacements } from '../template/rewrite.ts';
import type { Scope } from '../template/scope.ts';
import { isObject, TemplateError } from '../template/template.ts';
import type { TemplateOutput, TemplateResource, TemplateValue, WholeTemplate } from '../template/template.ts';
import type { AppStack } from './app-assembly.ts';

/** A single template with all of an app's stacks. */
export interface OneTemplate {
  readonly template: WholeTemplate;
  /** Each resource's construct path, keyed by its logical ID in this template. */
  readonly pathOf: ReadonlyMap<string, string>;
}

type Place = Omit<StackIdentity, 'stackName'>;

/**
 * Merges the other stacks into the main stack. Renames the other stacks' resources, parameters, conditions and mappings, and turns references between
 * stacks into references within the template. References to a value that no stack exports stay unchanged. The outputs and the metadata come
 * from the main stack.
 */
export function mergeStacks(main: AppStack, stacks: readonly AppStack[], place: Place): OneTemplate {
  const others = stacks.filter((stack) => stack !== main);
  const taken = new Set(namesIn(main));
  const renamers = new Map<AppStack, (name: string) => string>([[main, (name) => name]]);
  for (const stack of others) {
    const names = namesIn(stack);
    let prefix = stack.path.replaceAll(/[^A-Za-z0-9]/g, '');
    while (names.some((name) => taken.has(prefix + name))) prefix += 'X';
    for (const name of names) taken.add(prefix + name);
    renamers.set(stack, (name) => prefix + name);
  }

  const replacementsIn = (stack: AppStack): Replacements => {
    const rename = renamers.get(stack) ?? ((name) => name);
    const scope = scopeOf(stack, place);
    return {
      ref(name) {
        if (name === 'AWS::StackName') return stack.stackName;
        return { Ref: name.startsWith('AWS::') ? name : rename(name) };
      },
      attribute: (logicalId, attribute) => ({ 'Fn::GetAtt': [rename(logicalId), attribute] }),
      condition: rename,
      mapping: rename,
      intrinsic(name, argument) {
        const found = producerOf(name, argument, scope, stacks, place);
        return found && rewrite(found.output.Value, replacementsIn(found.stack));
      },
    };
  };

  const template: WholeTemplate = {
    Resources: {},
    Outputs: {},
    Parameters: {},
    Conditions: {},
    Mappings: {},
    Metadata: main.template.Metadata ?? {},
  };
  const pathOf = new Map<string, string>();
  for (const [stack, rename] of renamers) {
    const replacements = replacementsIn(stack);
    const { Resources, Parameters = {}, Conditions = {}, Mappings = {}, Outputs = {} } = stack.template;
    for (const [logicalId, resource] of Object.entries(Resources)) {
      template.Resources[rename(logicalId)] = rewriteResource(resource, replacements, rename);
      pathOf.set(rename(logicalId), stack.pathOf.get(logicalId) ?? `${stack.path}/${logicalId}`);
    }
    for (const [name, parameter] of Object.entries(Parameters)) template.Parameters[rename(name)] = parameter;
    for (const [name, condition] of Object.entries(Conditions))
      template.Conditions[rename(name)] = rewriteCondition(condition, replacements);
    for (const [name, mapping] of Object.entries(Mappings)) template.Mappings[rename(name)] = mapping;
    if (stack !== main) continue;
    for (const [name, { Value, Condition }] of Object.entries(Outputs)) {
      template.Outputs[name] = { Value: rewrite(Value, replacements), ...(Condition && { Condition }) };
    }
  }
  return { template, pathOf };
}

function namesIn({ template }: AppStack): string[] {
  const { Resources, Parameters = {}, Conditions = {}, Mappings = {} } = template;
  return [Resources, Parameters, Conditions, Mappings].flatMap((section) => Object.keys(section));
}

function rewriteResource(
  { DependsOn, Condition, Properties, ...resource }: TemplateResource,
  replacements: Replacements,
  rename: (name: string) => string,
): TemplateResource {
  return {
    ...resource,
    ...(Properties && { Properties: rewrite(Properties, replacements) as Record<string, TemplateValue> }),
    ...(DependsOn && { DependsOn: [DependsOn].flat().map(rename) }),
    ...(Condition !== undefined && { Condition: rename(Condition) }),
  };
}

/** Finds the output that `Fn::ImportValue` or `Fn::GetStackOutput` refers to, and the output's stack. */
function producerOf(
  name: string,
  argument: TemplateValue,
  scope: Scope,
  stacks: readonly AppStack[],
  place: Place,
): { stack: AppStack; output: TemplateOutput } | undefined {
  const outputs = stacks.flatMap((stack) =>
    Object.entries(stack.template.Outputs ?? {}).map(([key, output]) => ({ stack, key, output })),
  );
  if (name === 'Fn::ImportValue') {
    const imported = nameIn(argument, scope);
    return outputs.find(
      ({ stack, output }) =>
        imported !== undefined && nameIn(output.Export?.Name, scopeOf(stack, place)) === imported,
    );
  }
  // Fn::GetStackOutput: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Fn.html
  if (name !== 'Fn::GetStackOutput' || !isObject(argument)) return undefined;
  const { StackName = null, OutputName } = argument;
  const stackName = nameIn(StackName, scope);
  return outputs.find(({ stack, key }) => stack.stackName === stackName && key === OutputName);
}

/** Evaluates a name. Returns undefined if the name refers to a resource. */
function nameIn(value: TemplateValue | undefined, scope: Scope): string | undefined {
  try {
    const name = value === undefined ? undefined : resolve(value, scope);
    return typeof name === 'string' ? name : undefined;
  } catch (error) {
    if (error instanceof TemplateError) return undefined;
    throw error;
  }
}

function scopeOf({ template, stackName }: AppStack, place: Place): Scope {
  const refuse = (): never => {
    throw new TemplateError('a name must not refer to a resource');
  };
  const pseudo = pseudoParameters({ stackName, ...place });
  return { template, pseudoParameters: pseudo, ref: refuse, attribute: refuse };
}
