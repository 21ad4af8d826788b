import type { JobsBundling } from '../../../lib/jobs/jobs-bundle.ts';
import type { Catalogue } from '../../../lambdas/job/catalogue.ts';

/** An error in the command line of `errand dev`. Saving a file can't fix such an error. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

/** Provides the stack that `errand dev` runs. */
export interface AssemblySource {
  /**
   * The jobs file, relative to the project's folder, if the path is known before the first synth. The jobs are then built before the synth, and
   * passed to it. If undefined, the path is read from the deployed stack (the `JOBS` variable of its workers).
   */
  readonly jobsFile: string | undefined;
  /** Whether the stack can contain Lambda functions for `functionJob` jobs. */
  readonly hasFunctions: boolean;
  /**
   * Absolute paths of files and folders to watch. A change triggers another synth. For a folder, only its direct children are watched. The list
   * may differ after each synth.
   */
  watched(): readonly string[];
  /** The merged `environment` options of all queues, if they are known before the first synth. */
  readonly queueEnvironment: Readonly<Record<string, string>>;
  /**
   * Synthesizes the stack.
   *
   * @throws CommandLineError, which ends `errand dev` unless it is already running a stack
   * @throws Error with the cause, which `errand dev` prints before it waits for a change
   */
  synthesize(request: SynthRequest): Promise<SynthesizedAssembly>;
}

export interface SynthRequest {
  /** The URL of the embedded cloud's AWS endpoint. */
  readonly awsEndpointUrl: string;
  /** The jobs from the jobs file, if they are known before the synth. */
  readonly catalogue: Catalogue | undefined;
  /** The folder for the assembly. The folder is empty, or contains an assembly from an earlier run of `errand dev`. */
  readonly assemblyDir: string;
  readonly signal: AbortSignal;
}

export interface SynthesizedAssembly {
  /** Whether the assembly was reused because nothing had changed. */
  readonly reused: boolean;
  /** Notes for the user about the stack, one line each. */
  readonly notes: readonly string[];
  /** The stack's jobs file, relative to the project's folder. @default - the jobs file that was known before the synth, if any */
  readonly jobsFile?: string;
  /** How the stack bundles its jobs file. @default - the default bundling */
  readonly bundling?: JobsBundling;
  /**
   * Watched files that the synth imports. A change to one of these files always needs another synth, even if the jobs import the file too.
   *
   * @default - none
   */
  readonly imported?: ReadonlySet<string>;
}
