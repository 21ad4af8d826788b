const WRITE_LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
const NETWORK_INTERFACES = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * The actions that AWS's managed policies for Lambda functions allow on all resources
 * (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html has a page for each policy). On 2026-11-28, these lists
 * matched IAM's policy documents, as recorded in the `policies` folder of https://github.com/zoph-io/MAMIP.
 */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'service-role/AWSLambdaBasicExecutionRole': WRITE_LOGS,
  'service-role/AWSLambdaENIManagementAccess': NETWORK_INTERFACES,
  'service-role/AWSLambdaRole': ['lambda:InvokeFunction'],
  'service-role/AWSLambdaSQSQueueExecutionRole': [
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    ...WRITE_LOGS,
  ],
  'service-role/AWSLambdaVPCAccessExecutionRole': [
    ...WRITE_LOGS,
    ...NETWORK_INTERFACES,
    'ec2:DescribeSubnets',
  ],
  AWSXRayDaemonWriteAccess: [
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:GetSamplingStatisticSummaries',
  ],
};

/** The policy names, for error messages. */
export const AWS_MANAGED_POLICIES = Object.keys(ACTIONS);

/** Returns the policy document of an AWS managed policy, or undefined for an unsupported policy. */
export function awsManagedPolicy(policyArn: string): object | undefined {
  const name = /^arn:aws[\w-]*:iam::aws:policy\/(.+)$/.exec(policyArn)?.[1] ?? '';
  const Action = ACTIONS[name];
  return Action && { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] };
}
