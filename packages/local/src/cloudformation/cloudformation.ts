import { QueryError, serveQuery, type QueryInput } from '../aws-endpoint/query-protocol.ts';
import type { AwsService } from '../service.ts';
import { stackId, type StackIdentity } from '../template/names.ts';
import type { Template } from '../template/template.ts';
import type { XmlContent } from '../write-xml.ts';

/** The stack that is currently deployed in the embedded cloud. */
export interface DeployedStack {
  readonly identity: StackIdentity;
  readonly template: Template;
  readonly outputs: Readonly<Record<string, string>>;
  /** The `Ref` value of each resource, keyed by logical ID. */
  readonly physicalIds: ReadonlyMap<string, string>;
  readonly deployedAt: Date;
}

/**
 * CloudFormation's read operations, for tools that read a stack's outputs and resources:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
 */
export function createCloudFormation(deployed: () => DeployedStack): AwsService {
  /** @throws QueryError for another stack's name or ARN */
  const stackNamed = (input: QueryInput): DeployedStack => {
    const stack = deployed();
    const name = input.get('StackName');
    if (name === undefined || name === stack.identity.stackName || name === stackId(stack.identity))
      return stack;
    throw new QueryError('ValidationError', `Stack with id ${name} does not exist`);
  };

  const handle = serveQuery({
    title: 'CloudFormation',
    operations: {
      DescribeStacks: {
        parameters: ['StackName'],
        run: (input) => ({ Stacks: { member: [describeStack(stackNamed(input))] } }),
      },
      ListStacks: {
        parameters: [],
        run: () => ({ StackSummaries: { member: [summaryOf(deployed())] } }),
      },
      ListStackResources: {
        parameters: ['StackName'],
        run: (input) => ({ StackResourceSummaries: { member: resourcesOf(stackNamed(input)) } }),
      },
      DescribeStackResources: {
        parameters: ['StackName', 'LogicalResourceId'],
        run(input) {
          const wanted = input.get('LogicalResourceId');
          const stack = stackNamed(input);
          const { stackName } = stack.identity;
          const member = resourcesOf(stack)
            .filter(({ LogicalResourceId }) => wanted === undefined || LogicalResourceId === wanted)
            .map(({ LastUpdatedTimestamp, ...resource }) => ({
              StackName: stackName,
              StackId: stackId(stack.identity),
              Timestamp: LastUpdatedTimestamp,
              ...resource,
            }));
          if (member.length > 0 || wanted === undefined) return { StackResources: { member } };
          throw new QueryError('ValidationError', `Resource ${wanted} does not exist for stack ${stackName}`);
        },
      },
      GetTemplate: {
        parameters: ['StackName'],
        run: (input) => ({ TemplateBody: JSON.stringify(stackNamed(input).template) }),
      },
    },
  });
  return { name: 'cloudformation', handle, end: () => Promise.resolve() };
}

function summaryOf({ identity, deployedAt }: DeployedStack) {
  return {
    StackId: stackId(identity),
    StackName: identity.stackName,
    CreationTime: deployedAt.toISOString(),
    StackStatus: 'CREATE_COMPLETE',
  };
}

function describeStack(stack: DeployedStack): XmlContent {
  const { template, outputs } = stack;
  const member = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({
    OutputKey,
    OutputValue,
    ...described(template.Outputs?.[OutputKey]),
  }));
  return { ...summaryOf(stack), ...described(template), Outputs: { member } };
}

function described(part: { readonly Description?: string } = {}): { Description?: string } {
  return part.Description === undefined ? {} : { Description: part.Description };
}

function resourcesOf({ template, physicalIds, deployedAt }: DeployedStack) {
  return [...physicalIds].map(([LogicalResourceId, PhysicalResourceId]) => ({
    LogicalResourceId,
    PhysicalResourceId,
    ResourceType: template.Resources[LogicalResourceId]?.Type ?? '',
    LastUpdatedTimestamp: deployedAt.toISOString(),
    ResourceStatus: 'CREATE_COMPLETE',
  }));
}
