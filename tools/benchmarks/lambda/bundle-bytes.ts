import path from 'node:path';

/** A bundle's files by path, as in esbuild's metafile. */
export type BundleFiles = Readonly<Record<string, BundleFile>>;

interface BundleFile {
  readonly bytes: number;
  readonly imports: readonly { readonly path: string; readonly kind: string }[];
}

/** Returns the size of a bundle's JavaScript in bytes: the part that a cold start reads, and the part that dynamic imports may load later. */
export function bytesOf(files: BundleFiles): { readonly atStart: number; readonly later: number } {
  const read = new Set<string>();
  const pending = Object.keys(files).filter((file) => path.basename(file) === 'index.mjs');
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (read.has(file)) continue;
    read.add(file);
    const imports = files[file]?.imports ?? [];
    pending.push(
      ...imports
        .filter(({ kind, path: to }) => kind === 'import-statement' && to in files)
        .map((each) => each.path),
    );
  }
  const sum = (names: readonly string[]): number =>
    names.reduce((bytes, name) => bytes + (files[name]?.bytes ?? 0), 0);
  const names = Object.keys(files);
  return { atStart: sum([...read]), later: sum(names.filter((name) => !read.has(name))) };
}
