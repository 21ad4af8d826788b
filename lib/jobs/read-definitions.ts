import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Catalogue, CatalogueEntry } from '../../lambdas/job/catalogue.ts';
import { jsonSchemaOf } from '../../lambdas/job/definition-schemas.ts';
import { isJobDefinition, type JobDefinition } from '../../lambdas/job/definition.ts';

// The program `node read-definitions.ts <bundle> <answer file>` imports a user's jobs file. The program runs in a separate process, because the
// user's code may print, keep a connection open or never finish.

/** The maximum duration of the jobs file's import, including its top-level awaits, in milliseconds. */
const IMPORT_TIMEOUT_MS = 10_000;

/** The program's output: the catalog, or one line for each problem with the jobs file. */
export type Answer = { readonly catalogue: Catalogue } | { readonly problems: readonly string[] };

async function main([bundle, answerFile]: readonly string[]): Promise<void> {
  if (bundle === undefined || answerFile === undefined)
    throw new Error('usage: read-definitions <bundle> <answer file>');
  const jobsModule = import(pathToFileURL(bundle).href) as Promise<Record<string, unknown>>;
  const imported = await Promise.race([jobsModule, afterTimeout()]);
  const answer: Answer = imported
    ? toCatalogue(imported)
    : { problems: [`a top-level await did not finish within ${IMPORT_TIMEOUT_MS / 1000} seconds`] };
  writeFileSync(answerFile, JSON.stringify(answer));
}

async function afterTimeout(): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => {
      resolve(undefined);
    }, IMPORT_TIMEOUT_MS);
  });
}

function toCatalogue(jobsModule: Readonly<Record<string, unknown>>): Answer {
  const problems: string[] = [];
  const exportOf = new Map<string, { exportName: string; definition: JobDefinition }>();
  for (const [exportName, value] of Object.entries(jobsModule)) {
    if (!isJobDefinition(value)) continue;
    const first = exportOf.get(value.name);
    if (!first) exportOf.set(value.name, { exportName, definition: value });
    else if (first.definition !== value) {
      problems.push(
        `the exports ${first.exportName} and ${exportName} both define the job "${value.name}": rename one`,
      );
    }
  }
  if (exportOf.size === 0) {
    problems.push(
      "it does not export a job: add export const name = job('name', { … }) with job from 'errand/jobs'",
    );
  }
  const jobs = [...exportOf.values()].flatMap(({ definition }): CatalogueEntry[] => {
    try {
      return [toEntry(definition)];
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
      return [];
    }
  });
  if (problems.length > 0) return { problems };
  return { catalogue: { version: 1, jobs: jobs.sort((a, b) => (a.name < b.name ? -1 : 1)) } };
}

/** @throws Error if a schema can't be converted to JSON Schema */
function toEntry(definition: JobDefinition): CatalogueEntry {
  const { name, queue, retry, timeoutSeconds, maxDurationSeconds, flow, inFunction, signals } = definition;
  return {
    name,
    queue,
    retry,
    timeout_seconds: timeoutSeconds ?? null,
    ...(maxDurationSeconds !== undefined && { max_duration_seconds: maxDurationSeconds }),
    ...(definition.versioning === 'pinned' && { pinned: true }),
    ...(flow && { flow }),
    ...(inFunction && { in_function: true }),
    payload: describePayload(definition, 'payload', definition.payload),
    ...(signals && {
      signals: Object.fromEntries(
        Object.entries(signals).map(([signal, schema]) => [
          signal,
          describePayload(definition, `signal "${signal}"`, schema),
        ]),
      ),
    }),
  };
}

/** Converts a schema to JSON Schema. @param what the schema's name in errors */
function describePayload(
  definition: JobDefinition,
  what: string,
  schema: JobDefinition['payload'],
): CatalogueEntry['payload'] {
  try {
    return jsonSchemaOf(schema, definition.toJsonSchema);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `job "${definition.name}": its ${what} can't be described as JSON Schema (${reason}): change the schema, or add toJsonSchema`,
      { cause: error },
    );
  }
}

await main(process.argv.slice(2));
process.exit();
