import { intrinsicOf, isObject } from './template.ts';
import type { TemplateValue } from './template.ts';

/** Replacements for references in a template. If a method is missing, the references that it would replace stay unchanged. */
export interface Replacements {
  /** Replaces `Ref`, and `${Name}` in `Fn::Sub`. */
  ref?(name: string): TemplateValue;
  /** Replaces `Fn::GetAtt`, and `${LogicalId.Attribute}` in `Fn::Sub`. */
  attribute?(logicalId: string, attribute: TemplateValue): TemplateValue;
  /** Returns a condition's new name. */
  condition?(name: string): string;
  /** Returns a mapping's new name. */
  mapping?(name: string): string;
  /**
   * Replaces any other intrinsic function. References in `argument` are not replaced yet. If this method returns `undefined`, the
   * intrinsic function is kept.
   */
  intrinsic?(name: string, argument: TemplateValue): TemplateValue | undefined;
}

/** Returns a copy of a value with its references replaced. */
export function rewrite(value: TemplateValue, replacements: Replacements): TemplateValue {
  const inside = (item: TemplateValue) => rewrite(item, replacements);
  const intrinsic = intrinsicOf(value);
  if (!intrinsic) {
    if (Array.isArray(value)) return value.map(inside);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inside(item)]));
  }
  const { name, argument } = intrinsic;
  const [first = null, ...others] = Array.isArray(argument) ? argument : [argument];
  const text = typeof first === 'string' ? first : '';
  switch (name) {
    case 'Ref':
      return replacements.ref?.(text) ?? value;
    case 'Fn::GetAtt': {
      // The short form is "LogicalId.Attribute".
      const [logicalId = '', ...path] = text.split('.');
      const attribute = others.length > 0 ? inside(others[0] ?? null) : path.join('.');
      return replacements.attribute?.(logicalId, attribute) ?? value;
    }
    case 'Fn::Sub':
      return rewriteSub(text, isObject(others[0]) ? others[0] : {}, replacements);
    case 'Fn::If':
      return { [name]: [replacements.condition?.(text) ?? text, ...others.map(inside)] };
    case 'Fn::FindInMap':
      return { [name]: [replacements.mapping?.(text) ?? text, ...others.map(inside)] };
    default:
      return replacements.intrinsic?.(name, argument) ?? { [name]: inside(argument) };
  }
}

/** Returns a copy of a condition's definition with its references replaced. */
export function rewriteCondition(value: TemplateValue, replacements: Replacements): TemplateValue {
  if (isObject(value) && typeof value.Condition === 'string' && Object.keys(value).length === 1) {
    return { Condition: replacements.condition?.(value.Condition) ?? value.Condition };
  }
  const intrinsic = intrinsicOf(value);
  if (intrinsic && Array.isArray(intrinsic.argument)) {
    return { [intrinsic.name]: intrinsic.argument.map((item) => rewriteCondition(item, replacements)) };
  }
  return rewrite(value, replacements);
}

/** Rewrites `Fn::Sub`. Each replaced reference becomes a variable of `Fn::Sub`. */
function rewriteSub(
  pattern: string,
  variables: Record<string, TemplateValue>,
  replacements: Replacements,
): TemplateValue {
  const added: Record<string, TemplateValue> = {};
  const rewritten = pattern.replaceAll(/\$\{([^!{}][^{}]*)\}/g, (whole, name: string) => {
    if (name in variables) return whole;
    const [logicalId = '', ...path] = name.split('.');
    const reference: TemplateValue =
      path.length > 0 ? { 'Fn::GetAtt': [logicalId, path.join('.')] } : { Ref: name };
    const replacement = rewrite(reference, replacements);
    if (JSON.stringify(replacement) === JSON.stringify(reference)) return whole;
    const variable = `Replaced${Object.keys(added).length}`;
    added[variable] = replacement;
    return `\${${variable}}`;
  });
  const entries = Object.entries(variables).map(([key, item]) => [key, rewrite(item, replacements)] as const);
  const all = { ...Object.fromEntries(entries), ...added };
  return { 'Fn::Sub': Object.keys(all).length > 0 ? [rewritten, all] : rewritten };
}
