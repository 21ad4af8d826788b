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

/**
 * Compiles the catalogue's JSON Schemas to a module without any dependency: the api neither compiles a schema nor evaluates
 * code at run time. It exports `validators`, by the name of the job: functions that return whether a payload is valid, and leave
 * ajv's `errors` on themselves if it is not.
 *
 * @param jobsFile for error messages
 * @throws JobsFileError for a payload whose JSON Schema is not valid
 */
export function writePayloadValidators(catalogue: Catalogue, jobsFile: string, outputFile: string): void {
  const ajv = new Ajv2020({
    allErrors: true,
    // Schema libraries write keywords and formats that ajv does not know: they say more, and check nothing.
    strict: false,
    validateFormats: true,
    code: { source: true, esm: true, lines: true },
  });
  addFormats.default(ajv);
  const exportNames = new Map<string, string>();
  const problems: string[] = [];
  for (const [index, { name, payload }] of catalogue.jobs.entries()) {
    try {
      const schema: Record<string, unknown> = { ...payload };
      // It could clash with the id of another job's schema.
      delete schema.$id;
      ajv.addSchema(schema, name).getSchema(name);
      exportNames.set(`job${index}`, name);
    } catch (error) {
      problems.push(
        `job "${name}": the JSON Schema of its payload is not valid: ${(error as Error).message}`,
      );
    }
  }
  if (problems.length > 0) throw new JobsFileError(jobsFile, problems);
  const functions = standaloneCode.default(ajv, Object.fromEntries(exportNames));
  const table = [...exportNames].map(([exportName, name]) => `${JSON.stringify(name)}: ${exportName}`);
  buildSync({
    stdin: { contents: `${functions}\nexport const validators = { ${table.join(', ')} };`, resolveDir },
    outfile: outputFile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minify: true,
    logLevel: 'silent',
  });
}
