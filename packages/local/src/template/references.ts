import { intrinsicOf, isObject } from './template.ts';
import type { TemplateValue } from './template.ts';

/** Returns the names that a value refers to with `Ref`, with `Fn::GetAtt`, or with placeholders in `Fn::Sub`. */
export function referencesIn(value: TemplateValue): string[] {
  const intrinsic = intrinsicOf(value);
  if (!intrinsic) {
    if (Array.isArray(value)) return value.flatMap(referencesIn);
    return isObject(value) ? Object.values(value).flatMap(referencesIn) : [];
  }
  const [first = null, ...others] = [intrinsic.argument].flat();
  const name = typeof first === 'string' ? first : '';
  switch (intrinsic.name) {
    case 'Ref':
      return [name];
    case 'Fn::GetAtt':
      return [name.split('.', 1).join(''), ...others.flatMap(referencesIn)];
    case 'Fn::Sub':
      return [
        ...[...name.matchAll(/\$\{([^!}.][^}.]*)/g)].map(([, id = '']) => id),
        ...others.flatMap(referencesIn),
      ];
    default:
      return referencesIn(intrinsic.argument);
  }
}
