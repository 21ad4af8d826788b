import path from 'node:path';
import { createRequire } from 'node:module';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import addFormats from 'ajv-formats';
import { buildSync } from 'esbuild';
import type { Catalogue, CatalogueEntry } from '../../lambdas/job/catalogue.ts';
import type { JsonSchema } from '../../lambdas/job/definition-schemas.ts';
import { JobsFileError } from './jobs-file-error.ts';

/** The folder from which the generated code's imports of ajv's helpers are resolved. */
const resolveDir = path.dirname(createRequire(import.meta.url).resolve('ajv/package.json'));

const PAYLOAD_ERRORS = path.join(import.meta.dirname, `payload-errors${path.extname(import.meta.filename)}`);

/**
 * Writes `job-types.mjs`, which the api imports instead of lambdas/job/user-job-types.ts. The module contains the catalog's job types, with
 * their JSON Schemas compiled to functions. The module has no imports, so the api loads none of the user's code, and compiles no schemas at run
 * time.
 *
 * @param jobsFile the jobs file's path, for error messages
 * @throws JobsFileError if a payload's JSON Schema is invalid
 */
export function writeJobTypesModule(catalogue: Catalogue, jobsFile: string, outputFile: string): void {
  const { code, problems } = compile(catalogue);
  if (problems.length > 0) throw new JobsFileError(jobsFile, problems);
  const entries = catalogue.jobs.map((entry, index) => {
    const { name, queue, retry, timeout_seconds: timeoutSeconds, flow } = entry;
    const known = JSON.stringify({
      ...{ name, queue, retry, flow },
      timeoutSeconds: timeoutSeconds ?? undefined,
      maxDurationSeconds: entry.max_duration_seconds,
    });
    return `{ ...${known}, check: checkWith(payload${index})${signalChecks(entry, index)} }`;
  });
  const contents = `
    import { toFieldErrors } from ${JSON.stringify(PAYLOAD_ERRORS)};
    ${code}
    const checkWith = (validate) => (payload) => (validate(payload) ? [] : toFieldErrors(validate.errors));
    export const jobTypes = [${entries.join(',\n')}];`;
  buildSync({
    stdin: { contents, resolveDir, loader: 'js' },
    outfile: outputFile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minify: true,
    logLevel: 'silent',
  });
}

/** Returns the code that checks a job type's signal payloads. */
function signalChecks({ signals }: CatalogueEntry, index: number): string {
  if (!signals) return '';
  const checks = Object.keys(signals).map(
    (signal, place) => `[${JSON.stringify(signal)}, checkWith(signal${index}_${place})]`,
  );
  return `, signals: new Map([${checks.join(', ')}])`;
}

/**
 * Compiles all payload schemas with ajv. The compiled functions are named `payload0`, `payload1` and so on, in the catalog's order. The functions
 * for the first job's signals are named `signal0_0`, `signal0_1` and so on.
 */
function compile({ jobs }: Catalogue): { code: string; problems: string[] } {
  const ajv = new Ajv2020({
    allErrors: true,
    // Ignore unknown keywords and formats, because some schema libraries emit them.
    strict: false,
    validateFormats: true,
    code: { source: true, esm: true, lines: true },
  });
  addFormats.default(ajv);
  const problems: string[] = [];
  const exported: Record<string, string> = {};
  const add = (exportName: string, key: string, what: string, payload: JsonSchema): void => {
    try {
      const schema: Record<string, unknown> = { ...payload };
      // Remove the ids, because two jobs' schemas could have the same id.
      delete schema.$id;
      ajv.addSchema(schema, key).getSchema(key);
      exported[exportName] = key;
    } catch (error) {
      problems.push(`${what} is not valid: ${(error as Error).message}`);
    }
  };
  for (const [index, { name, payload, signals = {} }] of jobs.entries()) {
    add(`payload${index}`, name, `job "${name}": its payload's JSON Schema`, payload);
    for (const [place, [signal, schema]] of Object.entries(signals).entries()) {
      const what = `job "${name}": the JSON Schema of its "${signal}" signal`;
      // This name is unique: job names contain no slashes.
      add(`signal${index}_${place}`, `${name}/${signal}`, what, schema);
    }
  }
  if (problems.length > 0) return { code: '', problems };
  return { code: standaloneCode.default(ajv, exported), problems };
}
