import type { AppStack } from '../../../src/app/app-assembly.ts';
import { constructAssembly, type ConstructAssembly } from '../../../src/app/construct-assembly.ts';
import type { Template, TemplateResource } from '../../../src/template/template.ts';

/** Returns a stack. Its logical IDs are the construct paths without slashes. */
export function appStack(
  path: string,
  resources: Record<string, TemplateResource>,
  further: Partial<Omit<AppStack, 'template'>> & { template?: Partial<Template> } = {},
): AppStack {
  const entries = Object.entries(resources);
  const idOf = (name: string): string => name.replaceAll('/', '');
  return {
    path,
    stackName: path.replaceAll('/', '-'),
    assets: new Map(),
    pathOf: new Map(entries.map(([name]) => [idOf(name), `${path}/${name}`])),
    metadata: [],
    account: undefined,
    region: undefined,
    ...further,
    template: {
      Resources: Object.fromEntries(entries.map(([name, resource]) => [idOf(name), resource])),
      ...further.template,
    },
  };
}

/** Extracts the `Shop/Jobs` construct from stacks. */
export function jobsOf(
  stacks: AppStack[],
  options: Partial<Parameters<typeof constructAssembly>[0]> = {},
): ConstructAssembly {
  return constructAssembly({ stacks, construct: 'Shop/Jobs', ...options });
}

/** Returns one of the construct's functions, with these environment variables. */
export function jobsFunction(Variables: Record<string, TemplateResourceValue>): TemplateResource {
  return { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables } } };
}

type TemplateResourceValue = NonNullable<TemplateResource['Properties']>[string];

export const bucket: TemplateResource = { Type: 'AWS::S3::Bucket', Properties: {} };
export const topic: TemplateResource = { Type: 'AWS::SNS::Topic', Properties: {} };
