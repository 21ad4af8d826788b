import type { App, TemplateValue } from 'errand-local';
import { CommandLineError } from '../dev/assembly-source.ts';
import type { JobsBundling } from '../../../lib/jobs/jobs-bundle.ts';

/** An `Errand` in a CDK app, read from the metadata that the construct writes into the assembly (lib/errand.ts). */
export interface FoundErrand {
  /** The construct's path, such as `Shop/Jobs`. */
  readonly path: string;
  readonly outputs: Readonly<Record<string, TemplateValue>>;
  /** The jobs file's path and its bundling options. Undefined if the `Errand` has only built-in jobs. */
  readonly jobs?: { readonly file: string; readonly bundling: JobsBundling };
}

/**
 * Finds the `Errand` to run.
 *
 * @param wanted the path of the Errand's construct; undefined if the app has only one Errand
 * @throws CommandLineError that lists the Errands to choose from
 * @throws Error if the app has no Errand
 */
export function findErrand({ stacks }: App, wanted: string | undefined): FoundErrand {
  const found = stacks
    .flatMap(({ metadata }) => metadata)
    .filter(({ type }) => type === 'errand:construct')
    .map(({ path, data }) => ({ path, ...(data as Omit<FoundErrand, 'path'>) }));
  const choices = found.map(({ path }) => `\n  --construct ${path}`).join('');
  if (found.length === 0) {
    const names = stacks.map(({ path }) => path).join(', ') || 'none';
    throw new Error(
      `The app has no Errand. Add one to a stack: new Errand(this, 'Jobs', { jobs: 'jobs/index.ts' }). Its stacks are: ${names}.`,
    );
  }
  if (wanted === undefined) {
    const [only, ...others] = found;
    if (only && others.length === 0) return only;
    throw new CommandLineError(`The app has ${found.length} Errands. Choose one:${choices}`);
  }
  const errand = found.find(({ path }) => path === wanted);
  if (errand) return errand;
  throw new CommandLineError(`The app has no Errand at ${wanted}. Choose one:${choices}`);
}
