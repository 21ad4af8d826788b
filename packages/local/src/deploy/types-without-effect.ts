/**
 * The CloudFormation types that the embedded cloud can ignore, each with the reason. Startup fails if the template contains a type that
 * is neither listed here nor in `resource-types.ts`, unless it is a custom resource.
 */
export const TYPES_WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  'AWS::CDK::Metadata': 'statistics for the CDK team',

  'AWS::KMS::Alias': 'nothing leaves the laptop, so nothing is encrypted',
  'AWS::KMS::Key': 'nothing leaves the laptop, so nothing is encrypted',
  'AWS::SecretsManager::RotationSchedule': 'passwords on a laptop are not rotated',

  'AWS::EC2::InternetGateway': 'the loopback interface is the network',
  'AWS::EC2::Route': 'the loopback interface is the network',
  'AWS::EC2::RouteTable': 'the loopback interface is the network',
  'AWS::EC2::SecurityGroup': 'the loopback interface is the network',
  'AWS::EC2::SecurityGroupEgress': 'the loopback interface is the network',
  'AWS::EC2::SecurityGroupIngress': 'the loopback interface is the network',
  'AWS::EC2::Subnet': 'the loopback interface is the network',
  'AWS::EC2::SubnetRouteTableAssociation': 'the loopback interface is the network',
  'AWS::EC2::VPC': 'the loopback interface is the network',
  'AWS::EC2::VPCGatewayAttachment': 'the loopback interface is the network',

  'AWS::RDS::DBClusterParameterGroup': 'the embedded PostgreSQL is tuned for a laptop',
  'AWS::RDS::DBInstance': 'the embedded PostgreSQL is the only instance of every cluster',
  'AWS::RDS::DBSubnetGroup': 'the loopback interface is the network',

  'AWS::Logs::MetricFilter': 'logs go to the terminal',

  'AWS::SNS::Subscription': 'no notifications are delivered',
  'AWS::SNS::TopicPolicy': 'no notifications are delivered',
};
