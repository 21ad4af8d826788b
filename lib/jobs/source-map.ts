import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The part of a source map that lists the sources, with paths relative to the map's folder. */
interface SourceMap {
  sources: string[];
}

/**
 * Renames a bundle's sources as if the project were in the function's folder. A stack trace in Lambda then shows `/var/task/jobs/index.ts`
 * instead of a path on the machine that built the bundle.
 *
 * @param map the source map's path, in a subfolder of the function's folder
 * @param madeIn absolute path of the folder in which the map was created
 * @param project absolute path of the project's folder
 */
export function nameSourcesFromProject(map: string, madeIn: string, project: string): void {
  const sourceMap = JSON.parse(readFileSync(map, 'utf8')) as SourceMap;
  sourceMap.sources = sourceMap.sources.map((source) => {
    const inProject = path.relative(project, path.resolve(madeIn, source));
    return path.join('..', inProject).split(path.sep).join('/');
  });
  writeFileSync(map, JSON.stringify(sourceMap));
}

/**
 * Points a bundle's source map to the original files, so that a debugger can set breakpoints in them.
 *
 * @param map the source map
 * @param madeIn absolute path of the folder in which the map was created
 */
export function nameSourcesFromFile(map: string, madeIn: string): void {
  const sourceMap = JSON.parse(readFileSync(map, 'utf8')) as SourceMap;
  sourceMap.sources = sourceMap.sources.map((source) => path.resolve(madeIn, source));
  writeFileSync(map, JSON.stringify(sourceMap));
}
