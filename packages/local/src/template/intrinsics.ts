import { conditionHolds } from './conditions.ts';
import { intrinsicOf, isObject, TemplateError } from './template.ts';
import type { TemplateValue } from './template.ts';
import type { Resolved, Scope } from './scope.ts';

type Intrinsic = (argument: TemplateValue, scope: Scope) => Resolved;

/** The letters of the emulated availability zones, which are the same in every region. Every real region has at least three zones. */
const AVAILABILITY_ZONES = ['a', 'b', 'c'];

/**
 * Replaces all intrinsic functions in a value with their results.
 * @throws TemplateError for an unsupported function
 */
export function resolve(value: TemplateValue, scope: Scope): Resolved {
  const intrinsic = intrinsicOf(value);
  if (intrinsic) {
    const evaluate = INTRINSICS[intrinsic.name];
    if (!evaluate) {
      throw new TemplateError(
        `the template uses ${intrinsic.name}, which the embedded cloud does not support`,
      );
    }
    return evaluate(intrinsic.argument, scope);
  }
  if (Array.isArray(value)) {
    return value.map((item) => resolve(item, scope)).filter((item) => item !== undefined);
  }
  if (isObject(value)) {
    const entries = Object.entries(value).map(([key, item]) => [key, resolve(item, scope)] as const);
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
  }
  return value;
}

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope) => referenced(asText(argument, 'Ref'), scope),

  'Fn::GetAtt': (argument, scope) => {
    // The short form is "LogicalId.Attribute". The attribute may itself contain periods, such as Endpoint.Address.
    const [logicalId, ...path] =
      typeof argument === 'string' ? argument.split('.') : asItems(argument, 'Fn::GetAtt');
    const attribute = path.map((part) => asText(resolve(part, scope), 'Fn::GetAtt')).join('.');
    return scope.attribute(asText(logicalId, 'Fn::GetAtt'), attribute);
  },

  'Fn::Join': (argument, scope) => {
    const [delimiter, values = null] = asItems(argument, 'Fn::Join');
    const parts = asList(resolve(values, scope), 'Fn::Join').map((part) => asText(part, 'Fn::Join'));
    return parts.join(asText(delimiter, 'Fn::Join'));
  },

  'Fn::Sub': (argument, scope) => {
    const [pattern, variables = {}] =
      typeof argument === 'string' ? [argument] : asItems(argument, 'Fn::Sub');
    return substitute(asText(pattern, 'Fn::Sub'), isObject(variables) ? variables : {}, scope);
  },

  'Fn::Select': (argument, scope) => {
    const [index = null, values = null] = asItems(argument, 'Fn::Select');
    const items = asList(resolve(values, scope), 'Fn::Select');
    const position = Number(resolve(index, scope));
    const item = items[position];
    if (item === undefined) {
      throw new TemplateError(`Fn::Select takes item ${position} of a list of ${items.length}`);
    }
    return item;
  },

  'Fn::Split': (argument, scope) => {
    const [delimiter, source = null] = asItems(argument, 'Fn::Split');
    return asText(resolve(source, scope), 'Fn::Split').split(asText(delimiter, 'Fn::Split'));
  },

  'Fn::GetAZs': (argument, scope) => {
    const region = asText(resolve(argument, scope), 'Fn::GetAZs');
    const name = region === '' ? asText(referenced('AWS::Region', scope), 'Fn::GetAZs') : region;
    return AVAILABILITY_ZONES.map((zone) => `${name}${zone}`);
  },

  'Fn::If': (argument, scope) => {
    const [condition, then = null, otherwise = null] = asItems(argument, 'Fn::If');
    return resolve(conditionHolds(asText(condition, 'Fn::If'), scope, resolve) ? then : otherwise, scope);
  },

  'Fn::FindInMap': (argument, scope) => {
    const keys = asList(resolve(argument, scope), 'Fn::FindInMap').map((key) => asText(key, 'Fn::FindInMap'));
    const [map = '', top = '', second = ''] = keys;
    const value = scope.template.Mappings?.[map]?.[top]?.[second];
    if (value === undefined) throw new TemplateError(`Fn::FindInMap finds nothing at ${keys.join(' / ')}`);
    return resolve(value, scope);
  },

  'Fn::ImportValue': (argument, scope) => {
    const name = JSON.stringify(resolve(argument, scope));
    throw new TemplateError(
      `the template imports ${name} (Fn::ImportValue), but the embedded cloud runs only one stack`,
    );
  },
};

function substitute(pattern: string, variables: Record<string, TemplateValue>, scope: Scope): string {
  return pattern.replaceAll(/\$\{(!?)([^{}]*)\}/g, (_match, literal: string, name: string) => {
    if (literal !== '') return `\${${name}}`;
    const variable = variables[name];
    if (variable !== undefined) return asText(resolve(variable, scope), 'Fn::Sub');
    const [logicalId = '', ...path] = name.split('.');
    if (path.length > 0) return scope.attribute(logicalId, path.join('.'));
    return asText(referenced(name, scope), 'Fn::Sub');
  });
}

function referenced(name: string, scope: Scope): Resolved {
  if (name === 'AWS::NoValue') return undefined;
  const pseudoParameter = scope.pseudoParameters[name];
  if (pseudoParameter !== undefined) return pseudoParameter;
  if (name.startsWith('AWS::')) {
    throw new TemplateError(`the template refers to ${name}, which the embedded cloud does not support`);
  }
  const parameter = scope.template.Parameters?.[name];
  if (!parameter) return scope.ref(name);
  if (parameter.Default === undefined) {
    throw new TemplateError(
      `the parameter ${name} has no default, and the embedded cloud does not support passing parameter values`,
    );
  }
  return resolve(parameter.Default, scope);
}

function asItems(value: TemplateValue, within: string): TemplateValue[] {
  if (!Array.isArray(value)) throw new TemplateError(`${within} takes a list, not ${JSON.stringify(value)}`);
  return value;
}

function asList(value: Resolved, within: string): Resolved[] {
  if (!Array.isArray(value)) throw new TemplateError(`${within} takes a list, not ${JSON.stringify(value)}`);
  return value;
}

function asText(value: Resolved, within: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TemplateError(`${within} takes a string, not ${JSON.stringify(value)}`);
}
