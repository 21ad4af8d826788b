import type { JobsBundling } from '../../../lib/jobs/jobs-bundle.ts';
import type { Catalogue } from '../../../lambdas/job/catalogue.ts';

/** An error in the command line of `errand dev`, which saving a file can't fix. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

/** Provides the stack that `errand dev` runs. */
export interface AssemblySource {
  /**
   * The jobs file relative to the project's folder, if it is known before the first synth. It is then built before the first synth, which
   * gets its jobs. Otherwise it is read from the deployed stack (its workers' `JOBS` variable).
   */
  readonly jobsFile: string | undefined;
  /** Whether the stack can provide the Lambda functions in which `functionJob` jobs run. */
  readonly hasFunctions: boolean;
  /**
   * Absolute paths of files and folders to watch. A change triggers another synth. A folder stands for its direct children. The paths may
   * differ after each synth.
   */
  watched(): readonly string[];
  /** The variables of the jobs' queues, if they are known before the first synth. */
  readonly queueEnvironment: Readonly<Record<string, string>>;
  /**
   * Synthesizes the stack.
   *
   * @throws CommandLineError, which ends `errand dev` unless it already runs a stack
   * @throws Error with the cause, which `errand dev` prints before it waits for a change
   */
  synthesize(request: SynthRequest): Promise<SynthesizedAssembly>;
}

export interface SynthRequest {
  /** The URL of the embedded cloud's AWS endpoint. */
  readonly awsEndpointUrl: string;
  /** The jobs from the jobs file, if they are known before the synth. */
  readonly catalogue: Catalogue | undefined;
  /** The folder for the assembly. It contains no other assembly, except from an earlier run of `errand dev`. */
  readonly assemblyDir: string;
  readonly signal: AbortSignal;
}

export interface SynthesizedAssembly {
  /** Whether the assembly was reused because nothing had changed. */
  readonly reused: boolean;
  /** What the user should know about the stack, one line each. */
  readonly notes: readonly string[];
  /** The stack's jobs file, relative to the project's folder. @default - the file that was known before the synth, or none */
  readonly jobsFile?: string;
  /** How the stack bundles its jobs file. @default - the default bundling */
  readonly bundling?: JobsBundling;
  /** Watched files that the synth imports. A change to one needs another synth, even if the jobs import the file too. @default - none */
  readonly imported?: ReadonlySet<string>;
}
