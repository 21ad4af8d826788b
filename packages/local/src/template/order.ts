import { referencesIn } from './references.ts';
import { TemplateError } from './template.ts';
import type { TemplateResource } from './template.ts';

/**
 * Sorts the logical IDs so that every resource follows its dependencies. A resource depends on the resources in `DependsOn`, and on the resources
 * that its properties refer to. Resources that don't depend on each other keep the template's order.
 * @throws TemplateError for a circular dependency
 */
export function inDependencyOrder(resources: Readonly<Record<string, TemplateResource>>): string[] {
  const ordered = new Set<string>();
  const path: string[] = [];

  const visit = (logicalId: string): void => {
    if (ordered.has(logicalId)) return;
    const circle = path.indexOf(logicalId);
    if (circle !== -1) {
      throw new TemplateError(
        `the template's resources have a circular dependency: ${[...path.slice(circle), logicalId].join(' → ')}`,
      );
    }
    path.push(logicalId);
    const resource = resources[logicalId];
    for (const dependency of resource ? dependenciesOf(resource, resources) : []) visit(dependency);
    path.pop();
    ordered.add(logicalId);
  };

  for (const logicalId of Object.keys(resources)) visit(logicalId);
  return [...ordered];
}

function dependenciesOf(
  resource: TemplateResource,
  resources: Readonly<Record<string, TemplateResource>>,
): Set<string> {
  const names = [...[resource.DependsOn ?? []].flat(), ...referencesIn(resource.Properties ?? {})];
  // Drops parameter names, and resources whose condition is false.
  return new Set(names.filter((name) => name in resources));
}
