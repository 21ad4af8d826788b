import type { JobsBundling } from '../../../lib/jobs/jobs-bundle.ts';
import type { Catalogue } from '../../../lambdas/job/catalogue.ts';

/** An error in the command line of `errand dev`: no save can mend it. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

/** Where `errand dev` takes the stack from that it runs. */
export interface AssemblySource {
  /**
   * The jobs file, from the project's folder, if it is known before the first synth. It is then built before the first synth, and the
   * synth is told its jobs. Otherwise it is read from the deployed stack (the variable `JOBS` of its workers).
   */
  readonly jobsFile: string | undefined;
  /** Whether the stack can name functions for jobs that run in one (`functionJob`). */
  readonly hasFunctions: boolean;
  /**
   * Absolute paths of files and folders to watch: a change triggers another synth. A folder stands for its direct children. The paths may
   * differ after each synth.
   */
  watched(): readonly string[];
  /** The variables of the jobs' queues, as far as they are known before the first synth. */
  readonly queueEnvironment: Readonly<Record<string, string>>;
  /**
   * Synthesizes the stack.
   *
   * @throws CommandLineError, which ends `errand dev` unless it already runs a stack
   * @throws Error that says what is wrong, which `errand dev` prints; it then waits for a change
   */
  synthesize(request: SynthRequest): Promise<SynthesizedAssembly>;
}

export interface SynthRequest {
  /** Where the AWS endpoint of the embedded cloud answers. */
  readonly awsEndpointUrl: string;
  /** The jobs of the jobs file, if it is known before the synth. */
  readonly catalogue: Catalogue | undefined;
  /** The folder for the assembly. No other assembly is in it, unless it is of an earlier run of `errand dev`. */
  readonly assemblyDir: string;
  readonly signal: AbortSignal;
}

export interface SynthesizedAssembly {
  /** Whether nothing had changed since the assembly was made. */
  readonly reused: boolean;
  /** What the user should know about the stack, one line each. */
  readonly notes: readonly string[];
  /** The jobs file of the stack, from the project's folder. @default - the one that was known before the synth, or none */
  readonly jobsFile?: string;
  /** How the stack bundles its jobs file. @default - as by default */
  readonly bundling?: JobsBundling;
  /** Watched files that the synth imports: their changes take another synth even if the jobs import them too. @default - none */
  readonly imported?: ReadonlySet<string>;
}
