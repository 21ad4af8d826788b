import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The part of a source map that names the sources, relative to the map's folder. */
interface SourceMap {
  sources: string[];
}

/**
 * Names the sources of a bundle as if the project lay in the folder above the bundle's. In Lambda a stack then shows
 * `/var/task/jobs/index.ts`, and no path of the machine that made the bundle.
 *
 * @param bundleFolder the folder of `index.mjs` and its map, absolute
 */
export function nameSourcesFromProject(bundleFolder: string, projectFolder: string): void {
  const file = path.join(bundleFolder, 'index.mjs.map');
  const map = JSON.parse(readFileSync(file, 'utf8')) as SourceMap;
  map.sources = map.sources.map((source) => {
    const inProject = path.relative(projectFolder, path.resolve(bundleFolder, source));
    return path.join('..', inProject).split(path.sep).join('/');
  });
  writeFileSync(file, JSON.stringify(map));
}
