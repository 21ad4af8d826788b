import type { EventSourceMapping } from '../event-source-mapping/event-source-mapping.ts';
import type { Lambda } from '../lambda/lambda.ts';

/** A deployment's published function versions, and the event source mappings that may invoke them. */
export interface StackVersions {
  /** Adds a function's version. A stack has only one version per function, so a later version in the template replaces an earlier version. */
  add(functionName: string, version: string): void;
  addMapping(mapping: EventSourceMapping): void;
  /**
   * If the stack has a version of the function, publishes the function's changed code as a new version. Aliases and event
   * source mappings of the old version then invoke the new version, as with `cdk deploy --hotswap`
   * (https://docs.aws.amazon.com/cdk/v2/guide/ref-cli-cmd-deploy.html).
   */
  publishAgain(functionName: string): void;
}

export function createStackVersions(lambda: Lambda): StackVersions {
  const versions = new Map<string, string>();
  const mappings: EventSourceMapping[] = [];
  return {
    add(functionName, version) {
      versions.set(functionName, version);
    },
    addMapping(mapping) {
      mappings.push(mapping);
    },
    publishAgain(functionName) {
      const before = versions.get(functionName);
      if (before === undefined) return;
      const version = lambda.publishVersion(functionName);
      versions.set(functionName, version);
      lambda.moveAliases(functionName, before, version);
      for (const mapping of mappings)
        mapping.replaceFunction(`${functionName}:${before}`, `${functionName}:${version}`);
    },
  };
}
