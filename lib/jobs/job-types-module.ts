import path from 'node:path';
import { createRequire } from 'node:module';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import addFormats from 'ajv-formats';
import { buildSync } from 'esbuild';
import type { Catalogue } from '../../lambdas/job/catalogue.ts';
import { JobsFileError } from './jobs-file-error.ts';

/** Where ajv's helpers are found, which the generated code imports. */
const resolveDir = path.dirname(createRequire(import.meta.url).resolve('ajv/package.json'));

const PAYLOAD_ERRORS = path.join(import.meta.dirname, `payload-errors${path.extname(import.meta.filename)}`);

/**
 * Writes `job-types.mjs`, which the api imports in place of lambdas/job/user-job-types.ts: the job types of the catalogue with
 * their JSON Schemas compiled to functions. The module has no imports, so the api neither loads the user's code nor compiles a
 * schema at run time.
 *
 * @param jobsFile for error messages
 * @throws JobsFileError for a payload whose JSON Schema is not valid
 */
export function writeJobTypesModule(catalogue: Catalogue, jobsFile: string, outputFile: string): void {
  const { code, problems } = compile(catalogue);
  if (problems.length > 0) throw new JobsFileError(jobsFile, problems);
  const entries = catalogue.jobs.map(
    ({ name, queue, retry, timeout_seconds: timeoutSeconds, flow }, index) => {
      const known = JSON.stringify({ name, queue, retry, timeoutSeconds: timeoutSeconds ?? undefined, flow });
      return `{ ...${known}, check: checkWith(payload${index}) }`;
    },
  );
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

/** ajv's code for all payloads: the functions `payload0`, `payload1` and so on, in the order of the catalogue. */
function compile({ jobs }: Catalogue): { code: string; problems: string[] } {
  const ajv = new Ajv2020({
    allErrors: true,
    // Schema libraries write keywords and formats that ajv does not know: they say more, and check nothing.
    strict: false,
    validateFormats: true,
    code: { source: true, esm: true, lines: true },
  });
  addFormats.default(ajv);
  const problems: string[] = [];
  for (const { name, payload } of jobs) {
    try {
      const schema: Record<string, unknown> = { ...payload };
      // It could clash with the id of another job's schema.
      delete schema.$id;
      ajv.addSchema(schema, name).getSchema(name);
    } catch (error) {
      problems.push(
        `job "${name}": the JSON Schema of its payload is not valid: ${(error as Error).message}`,
      );
    }
  }
  if (problems.length > 0) return { code: '', problems };
  const exported = Object.fromEntries(jobs.map(({ name }, index) => [`payload${index}`, name]));
  return { code: standaloneCode.default(ajv, exported), problems };
}
