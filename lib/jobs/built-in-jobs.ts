import { readFileSync } from 'node:fs';
import path from 'node:path';
import { componentsOf } from '../../lambdas/api/documents/job-type-schemas.ts';
import { BULK_JOB_TYPE, CALLBACK_JOB_TYPE, type Catalogue } from '../../lambdas/job/catalogue.ts';
import { packageRoot } from '../package-root.ts';

/** The built-in job types, written by `npm run documents`. */
export const builtInCatalogue = JSON.parse(
  readFileSync(path.join(packageRoot, 'lambdas/api/documents/built-in-jobs.json'), 'utf8'),
) as Catalogue;

/** Returns the names of the OpenAPI document's schemas that don't belong to a job type. */
export function ownComponents(): string[] {
  const text = readFileSync(path.join(packageRoot, 'lambdas/api/documents/openapi.json'), 'utf8');
  const { components } = JSON.parse(text) as { components: { schemas: object } };
  const ofJobTypes = new Set(builtInCatalogue.jobs.flatMap(({ name }) => componentsOf(name)));
  return Object.keys(components.schemas).filter((component) => !ofJobTypes.has(component));
}

/** A value of the `builtInJobs` setting. */
export type BuiltInJobs = boolean | readonly string[];

/** Returns the built-in job types that clients may submit. */
export function enabledBuiltInJobs(builtInJobs: BuiltInJobs): Catalogue['jobs'] {
  if (typeof builtInJobs === 'boolean') return builtInJobs ? builtInCatalogue.jobs : [];
  return builtInCatalogue.jobs.filter(({ name }) => builtInJobs.includes(name));
}

/** Returns the job names that a jobs file must not define. */
export function reservedNames(builtInJobs: BuiltInJobs): ReadonlySet<string> {
  return new Set([
    BULK_JOB_TYPE,
    CALLBACK_JOB_TYPE,
    ...enabledBuiltInJobs(builtInJobs).map(({ name }) => name),
  ]);
}
