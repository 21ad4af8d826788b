import { arn } from '../template/names.ts';
import { rewrite, type Replacements } from '../template/rewrite.ts';
import type { Template, TemplateResource, TemplateValue } from '../template/template.ts';
import { EMBEDDED_PLACE } from './embedded-place.ts';

/**
 * Removes resources from a template. References to a removed resource become placeholder names and ARNs, so that the other resources can still be
 * deployed. Calls to a removed resource fail.
 */
export function withPlaceholders<Whole extends Template>(
  template: Whole,
  isRemoved: (logicalId: string) => boolean,
): Whole {
  const { Resources: resources } = template;
  const typeOf = (logicalId: string): string => resources[logicalId]?.Type ?? '';
  const isGone = (name: string): boolean => name in resources && isRemoved(name);
  const replacements: Replacements = {
    ref: (name) => (isGone(name) ? placeholderName(name) : { Ref: name }),
    attribute: (logicalId, attribute) =>
      isGone(logicalId)
        ? placeholderAttribute(logicalId, typeOf(logicalId), attribute)
        : { 'Fn::GetAtt': [logicalId, attribute] },
  };
  const remaining = Object.entries(resources).flatMap(([logicalId, resource]) => {
    if (isRemoved(logicalId)) return [];
    const { Properties, DependsOn, ...rest } = resource;
    const changed: TemplateResource = {
      ...rest,
      ...(Properties && { Properties: rewrite(Properties, replacements) as Record<string, TemplateValue> }),
      ...(DependsOn && { DependsOn: [DependsOn].flat().filter((name) => !isGone(name)) }),
    };
    return [[logicalId, changed] as const];
  });
  return { ...template, Resources: Object.fromEntries(remaining) };
}

function placeholderName(logicalId: string): string {
  return `left-out-${logicalId}`;
}

function placeholderAttribute(logicalId: string, type: string, attribute: TemplateValue): string {
  const name = placeholderName(logicalId);
  const attributeName = typeof attribute === 'string' ? attribute : '';
  if (!attributeName.endsWith('Arn')) return `${name}-${attributeName}`;
  const service = type.split('::')[1]?.toLowerCase() ?? '';
  return arn(EMBEDDED_PLACE, service, name);
}
