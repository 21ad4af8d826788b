import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAssembly } from '../../src/template/assembly.ts';
import { resolve } from '../../src/template/intrinsics.ts';
import { physicalName, pseudoParameters } from '../../src/template/names.ts';
import { inDependencyOrder } from '../../src/template/order.ts';
import type { Scope } from '../../src/template/scope.ts';
import type { Template, TemplateValue } from '../../src/template/template.ts';

const STACK = { stackName: 'Errand', account: '000000000000', region: 'us-east-1' };

/** Returns a scope in which the `Queue` resource exists. */
function scope(template: Partial<Template> = {}): Scope {
  return {
    template: { Resources: {}, ...template },
    pseudoParameters: pseudoParameters(STACK),
    ref(logicalId) {
      if (logicalId !== 'Queue') throw new Error(`no resource ${logicalId}`);
      return 'http://queue';
    },
    attribute(logicalId, name) {
      return `${logicalId}'s ${name}`;
    },
  };
}

describe('an intrinsic function', () => {
  const cases: [string, TemplateValue, unknown][] = [
    ['Ref of a resource', { Ref: 'Queue' }, 'http://queue'],
    ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'us-east-1'],
    ['Ref of a parameter with a default', { Ref: 'Stage' }, 'dev'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Cluster', 'Endpoint.Address'] }, "Cluster's Endpoint.Address"],
    ['Fn::GetAtt as a string', { 'Fn::GetAtt': 'Cluster.Endpoint.Address' }, "Cluster's Endpoint.Address"],
    ['Fn::Join', { 'Fn::Join': [':', ['arn', { Ref: 'AWS::Partition' }, 1]] }, 'arn:aws:1'],
    [
      'Fn::Sub of references',
      { 'Fn::Sub': '${AWS::AccountId}/${Queue.Arn}/${!literal}' },
      "000000000000/Queue's Arn/${literal}",
    ],
    [
      'Fn::Sub with variables',
      { 'Fn::Sub': ['${name}-${Queue}', { name: { Ref: 'Stage' } }] },
      'dev-http://queue',
    ],
    ['Fn::Select', { 'Fn::Select': ['1', ['a', { Ref: 'Stage' }]] }, 'dev'],
    ['Fn::Split', { 'Fn::Split': ['/', { Ref: 'Queue' }] }, ['http:', '', 'queue']],
    ['Fn::GetAZs', { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, 'us-east-1a'],
    ['Fn::If that holds', { 'Fn::If': ['IsDev', 'yes', 'no'] }, 'yes'],
    ['Fn::If that does not', { 'Fn::If': ['IsProduction', 'yes', { Ref: 'Stage' }] }, 'dev'],
    ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'memory'] }, 128],
    [
      'AWS::NoValue',
      { kept: 1, dropped: { Ref: 'AWS::NoValue' }, list: [{ Ref: 'AWS::NoValue' }, 2] },
      { kept: 1, list: [2] },
    ],
  ];
  const template = {
    Parameters: { Stage: { Type: 'String', Default: 'dev' } },
    Mappings: { Sizes: { dev: { memory: 128 } } },
    Conditions: {
      IsDev: { 'Fn::Equals': [{ Ref: 'Stage' }, 'dev'] },
      IsEverything: { 'Fn::And': [{ Condition: 'IsDev' }, { Condition: 'IsProduction' }] },
      IsProduction: { 'Fn::Not': [{ 'Fn::Or': [{ Condition: 'IsDev' }, { 'Fn::Equals': ['a', 'b'] }] }] },
    },
  };

  it.each(cases)('%s is resolved', (_name, value, resolved) => {
    expect(resolve({ value }, scope(template))).toEqual({ value: resolved });
  });

  it('Fn::And is true only if all its operands are true', () => {
    expect(resolve({ 'Fn::If': ['IsEverything', 1, 2] }, scope(template))).toBe(2);
  });

  it.each<[string, TemplateValue, RegExp]>([
    ['Fn::ImportValue', { 'Fn::ImportValue': 'SharedVpc' }, /imports "SharedVpc".*runs only one stack/],
    [
      'Fn::Cidr',
      { 'Fn::Cidr': ['10.0.0.0/16', 2, 8] },
      /Fn::Cidr, which the embedded cloud does not support/,
    ],
    ['an unknown pseudo parameter', { Ref: 'AWS::NotificationARNs' }, /AWS::NotificationARNs/],
    ['an unknown condition', { 'Fn::If': ['Nope', 1, 2] }, /no condition Nope/],
    ['an index beyond the end of a list', { 'Fn::Select': [2, ['a']] }, /item 2 of a list of 1/],
    ['a list of other values', { 'Fn::Join': ['', [{ a: 1 }]] }, /Fn::Join takes a string, not \{"a":1\}/],
  ])('%s is refused by name', (_name, value, message) => {
    expect(() => resolve(value, scope(template))).toThrow(message);
  });
});

describe('the order of resources', () => {
  const resource = (properties: Record<string, TemplateValue>, dependsOn?: string | string[]) => ({
    Type: 'AWS::X',
    Properties: properties,
    ...(dependsOn && { DependsOn: dependsOn }),
  });

  it('puts each resource after everything that it refers to, wherever the reference is', () => {
    const order = inDependencyOrder({
      Last: resource({ a: [{ b: { 'Fn::Sub': 'x${ByAttribute.Arn}${AWS::Region}' } }] }, 'ByName'),
      ByAttribute: resource({ a: { 'Fn::GetAtt': ['BySub', 'Arn'] } }),
      BySub: resource({ a: { 'Fn::Sub': ['${v}', { v: { Ref: 'First' } }] } }),
      ByName: resource({}, ['First']),
      First: resource({ a: { Ref: 'AWS::Region' } }),
    });
    expect(order).toEqual(['First', 'ByName', 'BySub', 'ByAttribute', 'Last']);
  });

  it('is refused if there is a circular dependency, and the error names its resources', () => {
    const circle = {
      A: resource({ b: { Ref: 'B' } }),
      B: resource({ c: { 'Fn::GetAtt': 'C.Arn' } }),
      C: resource({}, 'A'),
    };
    expect(() => inDependencyOrder(circle)).toThrow(/A → B → C → A/);
  });
});

describe('a physical name', () => {
  it('consists of the stack’s name and the logical ID, and is the same at every startup', () => {
    expect(physicalName(STACK, 'Queue4A7E3555', 80)).toBe('Errand-Queue4A7E3555');
  });

  it('fits its service’s length limit, and differs if the logical IDs differ', () => {
    const [one, other] = ['a', 'b'].map((end) => physicalName(STACK, `${'x'.repeat(100)}${end}`, 64));
    expect(one).toHaveLength(64);
    expect(one).not.toBe(other);
  });
});

describe('a cloud assembly', () => {
  async function assembly(files: Record<string, unknown>) {
    const dir = await mkdtemp(join(tmpdir(), 'errand-assembly-'));
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return { dir, read: () => readAssembly(dir), end: () => rm(dir, { recursive: true }) };
  }
  const stack = { type: 'aws:cloudformation:stack', properties: { templateFile: 'Errand.template.json' } };
  const template = { Resources: {} };

  it('contains its stack, its template, and the path of each asset', async () => {
    const { dir, read, end } = await assembly({
      'manifest.json': {
        artifacts: {
          'Errand.assets': { type: 'cdk:asset-manifest', properties: { file: 'Errand.assets.json' } },
          Errand: stack,
          Tree: { type: 'cdk:tree' },
        },
      },
      'Errand.template.json': template,
      'Errand.assets.json': {
        files: { abc: { source: { path: 'asset.abc' }, destinations: { here: { objectKey: 'abc.zip' } } } },
      },
    });
    const { stackName, template: read_, assets } = await read();
    await end();
    expect({ stackName, template: read_, assets: [...assets] }).toEqual({
      stackName: 'Errand',
      template,
      assets: [['abc.zip', join(dir, 'asset.abc')]],
    });
  });

  it('passes on the app’s warnings, from the manifest or from a file next to it', async () => {
    const warning = (text: string) => ({ type: 'aws:cdk:warning', data: `${text} [ack: errand:test]` });
    const { read, end } = await assembly({
      'manifest.json': {
        artifacts: {
          Errand: {
            ...stack,
            metadata: { '/Errand': [warning('One.'), { type: 'aws:cdk:logicalId', data: 'Queue' }] },
            additionalMetadataFile: 'Errand.metadata.json',
          },
        },
      },
      'Errand.template.json': template,
      'Errand.metadata.json': { '/Errand/Queue': [warning('Two.')] },
    });
    const { warnings } = await read();
    await end();
    expect(warnings).toEqual(['One.', 'Two.']);
  });

  it('is refused if it has several stacks, and the error names them', async () => {
    const { read, end } = await assembly({ 'manifest.json': { artifacts: { One: stack, Two: stack } } });
    await expect(read()).rejects.toThrow(/runs only one stack.*One, Two/);
    await end();
  });

  it.each([
    ['missing', {}, /manifest\.json cannot be read; synthesize the stack again/],
    [
      'cut off',
      { 'manifest.json': '{"artifacts":' },
      /manifest\.json is not JSON; synthesize the stack again/,
    ],
  ])('is refused in one line if its manifest is %s', async (_how, files, message) => {
    const { read, end } = await assembly(files);
    await expect(read()).rejects.toThrow(message);
    await end();
  });
});
