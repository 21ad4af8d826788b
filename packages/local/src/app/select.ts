import { isForAlarmsOnly, isKnownType } from '../deploy/known-types.ts';
import { TYPES_WITHOUT_EFFECT } from '../deploy/types-without-effect.ts';
import { referencesIn } from '../template/references.ts';
import type { TemplateResource } from '../template/template.ts';
import { isAttachment, isRolePolicy, targetsOf, trimmed } from './attachments.ts';

/** A construct's resources, and the resources that they need. */
export interface Selection {
  readonly resources: Readonly<Record<string, TemplateResource>>;
  /** For each needed resource, keyed by its logical ID: the logical ID of the first resource that needs it. */
  readonly neededBy: ReadonlyMap<string, string>;
}

/**
 * Selects a construct's resources, and everything that they refer to or depend on. Also selects the selected roles' policies, and everything that
 * those policies refer to. Any other attachment is selected only if all of its targets are selected.
 */
export function select(
  all: Readonly<Record<string, TemplateResource>>,
  isInConstruct: (logicalId: string) => boolean,
): Selection {
  const kept = new Set<string>();
  const neededBy = new Map<string, string>();
  // A name that is not a resource's logical ID belongs to a parameter or a pseudo parameter.
  const isKept = (name: string): boolean => kept.has(name) || !(name in all);

  const keep = (logicalId: string, by?: string): void => {
    const resource = all[logicalId];
    if (!resource || kept.has(logicalId)) return;
    kept.add(logicalId);
    if (by !== undefined) neededBy.set(logicalId, by);
    if (resource.Type in TYPES_WITHOUT_EFFECT) return;
    const { Properties = {} } = trimmed(resource, isKept);
    for (const name of referencesIn(Properties)) keep(name, logicalId);
    for (const name of [resource.DependsOn ?? []].flat()) if (mayBeAwaited(all[name])) keep(name, logicalId);
  };

  for (const [logicalId, resource] of Object.entries(all))
    if (isInConstruct(logicalId) && (isRolePolicy(resource) || !isAttachment(resource))) keep(logicalId);

  /** Selects the attachments of the resources selected so far. @returns whether it selected any */
  const keepAttachments = (): boolean => {
    const before = kept.size;
    for (const [logicalId, resource] of Object.entries(all)) {
      const targets = targetsOf(resource).filter((name) => name in all);
      if (kept.has(logicalId) || targets.length === 0) continue;
      if (isRolePolicy(resource)) {
        const role = targets.find((name) => kept.has(name));
        if (role !== undefined) keep(logicalId, role);
      } else if (targets.every(isKept) && isOnlyAboutKept(resource, isKept)) {
        keep(logicalId, targets[0]);
      }
    }
    return kept.size > before;
  };
  while (keepAttachments());

  const entries = Object.entries(all).flatMap(([logicalId, resource]) =>
    kept.has(logicalId) ? [[logicalId, withoutOthers(resource, isKept)] as const] : [],
  );
  return { resources: Object.fromEntries(entries), neededBy };
}

/**
 * Whether `DependsOn` can make other resources wait for this resource. A resource of an unsupported type may be needed for its
 * attributes, but it is not created here, so no other resource needs to wait for it.
 */
function mayBeAwaited(resource: TemplateResource | undefined): boolean {
  return (
    resource !== undefined &&
    isKnownType(resource.Type) &&
    !isForAlarmsOnly(resource.Type) &&
    (isRolePolicy(resource) || !isAttachment(resource))
  );
}

function isOnlyAboutKept(resource: TemplateResource, isKept: (name: string) => boolean): boolean {
  const { Properties = {} } = trimmed(resource, isKept);
  const isEmpty = JSON.stringify(Properties).includes('"Statement":[]');
  return !isEmpty && referencesIn(Properties).every(isKept);
}

function withoutOthers(resource: TemplateResource, isKept: (name: string) => boolean): TemplateResource {
  const { Properties, DependsOn, ...rest } = trimmed(resource, isKept);
  const awaited = [DependsOn ?? []].flat().filter(isKept);
  return {
    ...rest,
    ...(Properties && !(resource.Type in TYPES_WITHOUT_EFFECT) && { Properties }),
    ...(awaited.length > 0 && { DependsOn: awaited }),
  };
}
