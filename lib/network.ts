import { Validations } from 'aws-cdk-lib';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

/**
 * The network that Aurora must be in: two isolated subnets, no NAT, no internet gateway, nothing that costs.
 * No function is in it: they reach the database through the RDS Data API.
 */
export class Network extends Vpc {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      maxAzs: 2,
      natGateways: 0,
      createInternetGateway: false,
      subnetConfiguration: [{ name: 'Database', subnetType: SubnetType.PRIVATE_ISOLATED }],
      // Nothing is in the default security group; emptying it takes a function with rights over every security group.
      restrictDefaultSecurityGroup: false,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason: 'No traffic to log: no gateway, no function, and a security group without a rule.',
    });
  }
}
