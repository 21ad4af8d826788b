import { DEFAULT_QUEUE } from '../../../lambdas/job/definition.ts';
import type { Catalogue } from '../../../lambdas/job/catalogue.ts';
import { synthEnvironment } from '../start-settings.ts';
import { synthesize } from '../synthesize.ts';
import type { AssemblySource } from './assembly-source.ts';

export interface JobsFileSourceOptions {
  /** The jobs file, relative to the project's folder. */
  readonly jobsFile: string;
  /** Absolute path of the project's folder. */
  readonly project: string;
  /** The folder of Errand's own CDK app. */
  readonly appDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Provides the stack of Errand's own CDK app. The app receives the jobs file and, as with `npm start`, settings from the environment. */
export function createJobsFileSource(options: JobsFileSourceOptions): AssemblySource {
  const { jobsFile, project, appDir, environment } = options;
  return {
    jobsFile,
    hasFunctions: false,
    queueEnvironment: environmentOfQueues(environment.QUEUES),
    watched: () => [],
    async synthesize({ awsEndpointUrl, catalogue, assemblyDir, signal }) {
      const queues = missingQueues(catalogue, environment.QUEUES);
      const { reused } = await synthesize({
        projectDir: appDir,
        workingDir: project,
        assemblyDir,
        environment: {
          // Skips the CDK's template validation, which takes seconds. Deployments still validate the template.
          CDK_VALIDATION: 'false',
          ...synthEnvironment(environment, awsEndpointUrl),
          JOBS: jobsFile,
          ...(queues.length > 0 && { QUEUES: withQueues(environment.QUEUES, queues) }),
        },
        signal,
      });
      return { reused, notes: queues.map(noteOf) };
    },
  };
}

/** Returns the queues that jobs use but that are missing from the `QUEUES` setting. */
function missingQueues(catalogue: Catalogue | undefined, setting: string | undefined): string[] {
  const configured = new Set([DEFAULT_QUEUE, ...Object.keys(parse(setting) ?? {})]);
  const named = new Set((catalogue?.jobs ?? []).map(({ queue }) => queue));
  return [...named].filter((queue) => !configured.has(queue)).sort();
}

/** Adds queues to the `QUEUES` setting. Leaves invalid JSON unchanged, so that the synth rejects it. */
function withQueues(setting: string | undefined, queues: readonly string[]): string | undefined {
  const given = parse(setting);
  return given
    ? JSON.stringify({ ...given, ...Object.fromEntries(queues.map((name) => [name, {}])) })
    : setting;
}

/** Merges the `environment` options of all queues. Ignores invalid values, because the synth rejects them. */
function environmentOfQueues(setting: string | undefined): Record<string, string> {
  const queues = Object.values(parse(setting) ?? {}) as { environment?: Record<string, string> }[];
  return Object.assign({}, ...queues.map((queue) => queue.environment ?? {})) as Record<string, string>;
}

function parse(setting: string | undefined): object | undefined {
  if (setting === undefined || setting === '') return {};
  try {
    const value: unknown = JSON.parse(setting);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function noteOf(queue: string): string {
  return `Queue "${queue}" is not configured, so it has the default options. In the stack that you deploy, add it to \`queues\`.`;
}
