import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Matches the name in `job "resize": …` and in `… both define the job "resize": …`. */
const NAMED_JOB = /\bjob "([^"]+)"/;

/**
 * Adds the location of the job's definition to each problem that names a job. Finds only definitions that contain the name as a string, such as
 * `job('resize', …)`.
 *
 * @param files absolute paths of the project's own files
 * @param project the folder to which the locations' paths are relative
 */
export function withLocations(
  problems: readonly string[],
  files: readonly string[],
  project: string,
): string[] {
  return problems.map((problem) => {
    const [, name] = NAMED_JOB.exec(problem) ?? [];
    const places = name === undefined ? [] : definitionsOf(name, files, project);
    return [problem, ...places.map((place) => `    at ${place}`)].join('\n');
  });
}

/** Returns the locations of the calls that define a job, such as `jobs/index.ts:12:23`. */
function definitionsOf(name: string, files: readonly string[], project: string): string[] {
  const pattern = new RegExp(
    `\\b(?:job|functionJob)\\s*\\(\\s*(['"\`])${name.replaceAll(/\W/g, '\\$&')}\\1`,
    'g',
  );
  return files.flatMap((file) => {
    const source = readFileSync(file, 'utf8');
    return [...source.matchAll(pattern)].map(({ index }) => {
      const before = source.slice(0, index).split('\n');
      const column = (before.at(-1) ?? '').length + 1;
      return `${path.relative(project, file)}:${before.length}:${column}`;
    });
  });
}
