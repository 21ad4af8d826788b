import { Validations } from 'aws-cdk-lib/core';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

/**
 * The VPC of the Aurora cluster: two isolated subnets, without a NAT or an internet gateway, so it costs nothing. The functions are
 * outside the VPC. They reach the database through the RDS Data API.
 */
export class Network extends Vpc {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      maxAzs: 2,
      natGateways: 0,
      createInternetGateway: false,
      subnetConfiguration: [{ name: 'Database', subnetType: SubnetType.PRIVATE_ISOLATED }],
      // The default security group is unused. Removing its rules would need a function with permissions on every security group.
      restrictDefaultSecurityGroup: false,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason: 'No traffic to log: no gateway, no function, and a security group without a rule.',
    });
  }
}
