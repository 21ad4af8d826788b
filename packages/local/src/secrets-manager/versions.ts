import { JsonError } from '../aws-endpoint/json-protocol.ts';
import type { Secret, SecretVersion } from './secret-store.ts';

export const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';
const PENDING = 'AWSPENDING';

/** The number of versions kept without a label (docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html). */
const MAX_DEPRECATED = 100;

/**
 * Adds a version with labels. Only one version can have a label, so the label's previous version loses it. When AWSCURRENT moves, the
 * version that loses AWSCURRENT gets AWSPREVIOUS, and loses AWSPENDING.
 */
export function withVersion(
  versions: readonly SecretVersion[],
  added: Omit<SecretVersion, 'stages'>,
  requested: readonly string[],
): SecretVersion[] {
  // The first version becomes current, regardless of its labels.
  const labels = versions.some(({ stages }) => stages.includes(CURRENT))
    ? requested
    : [...requested, CURRENT];
  const stages = [...new Set(labels)].sort();
  const replacesCurrent = stages.includes(CURRENT);
  const before = versions.map((version): SecretVersion => {
    const wasCurrent = replacesCurrent && version.stages.includes(CURRENT);
    const kept = version.stages.filter(
      (stage) =>
        !stages.includes(stage) &&
        !(wasCurrent && stage === PENDING) &&
        !(replacesCurrent && stage === PREVIOUS),
    );
    return { ...version, stages: wasCurrent && !stages.includes(PREVIOUS) ? [...kept, PREVIOUS] : kept };
  });
  return withoutOldest([...before, { ...added, stages }]);
}

function withoutOldest(versions: readonly SecretVersion[]): SecretVersion[] {
  const deprecated = versions.filter(({ stages }) => stages.length === 0);
  const removed = new Set(deprecated.slice(0, Math.max(0, deprecated.length - MAX_DEPRECATED)));
  return versions.filter((version) => !removed.has(version));
}

/**
 * Returns the version that a read selects by staging label, version ID or both. If neither is set, returns the current version.
 * @throws JsonError ResourceNotFoundException, or InvalidRequestException if the label and the ID select different versions
 */
export function versionOf(
  { versions }: Secret,
  { id, stage }: { id: string | undefined; stage: string | undefined },
): SecretVersion {
  if (id === undefined) {
    const label = stage ?? CURRENT;
    return versions.find(({ stages }) => stages.includes(label)) ?? missing(`staging label: ${label}`);
  }
  const version = versions.find((candidate) => candidate.id === id) ?? missing(`VersionId: ${id}`);
  if (stage === undefined || version.stages.includes(stage)) return version;
  throw new JsonError(
    'InvalidRequestException',
    'You provided a VersionStage that is not associated to the provided VersionId.',
  );
}

function missing(which: string): never {
  throw new JsonError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for ${which}`,
  );
}
