import { readFileSync } from 'node:fs';
import path from 'node:path';
import { App } from 'aws-cdk-lib/core';
import type { AppProps } from 'aws-cdk-lib/core';
import { Template } from 'aws-cdk-lib/assertions';
import { ErrandStack } from '../../lib/errand-stack.ts';
import type { ErrandStackProps } from '../../lib/errand-stack.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
}

const cdkJson = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../cdk.json'), 'utf8')) as {
  context: Record<string, unknown>;
};

/**
 * Creates an app with cdk.json's feature flags. The app neither bundles nor copies code, because bundling and copying would take two thirds of the
 * tests' time.
 */
export function unbundledApp(props: AppProps = {}): App {
  return new App({
    context: {
      ...cdkJson.context,
      'aws:cdk:bundling-stacks': [],
      'aws:cdk:disable-asset-staging': true,
      'aws:cdk:disable-stack-trace': true,
      // With creation stack traces, Jest would spend a tenth of the tests' time on mapping the traces' lines to the source.
      'aws:cdk:disable-creation-stack-traces': true,
    },
    treeMetadata: false,
    ...props,
  });
}

const templates = new Map<string, Template>();

/**
 * Returns the template of a stack with these settings. All tests in a file share the template, so tests must not modify it.
 */
export function templateOf(props: ErrandStackProps = {}): Template {
  const key = JSON.stringify(props);
  const made = templates.get(key) ?? Template.fromStack(new ErrandStack(unbundledApp(), 'Errand', props));
  templates.set(key, made);
  return made;
}

/** Returns every resource of a type, by its logical id. */
export function resourcesOf(template: Template, type: string): Map<string, Resource> {
  return new Map(Object.entries(template.findResources(type) as Record<string, Resource>));
}

/** Returns the only resource of a type with this prefix in its logical id, and the resource's properties. */
export function resourceNamed(
  template: Template,
  type: string,
  prefix: string,
): { id: string; resource: Resource; properties: Resource['Properties'] } {
  const [match, ...others] = [...resourcesOf(template, type)].filter(([id]) => id.startsWith(prefix));
  if (match === undefined || others.length > 0) {
    throw new Error(`There must be exactly one ${type} whose logical id begins with ${prefix}.`);
  }
  const [id, resource] = match;
  return { id, resource, properties: resource.Properties };
}

/**
 * Returns the properties of a function in Errand's stack. `part` is `Api`, `Worker`, `DeadLetter`, `Sweeper`, `Migrations` or `Preflight`.
 */
export function functionOf(template: Template, part: string): Resource['Properties'] {
  return resourceNamed(template, 'AWS::Lambda::Function', `Errand${part}Function`).properties;
}
