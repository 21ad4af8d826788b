import { Validations } from 'aws-cdk-lib/core';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

/**
 * The Aurora cluster's VPC: two isolated subnets, without NAT or internet gateways, so it costs nothing. The functions are outside the
 * VPC, and reach the database through the RDS Data API.
 */
export class Network extends Vpc {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      maxAzs: 2,
      natGateways: 0,
      createInternetGateway: false,
      subnetConfiguration: [{ name: 'Database', subnetType: SubnetType.PRIVATE_ISOLATED }],
      // The default security group is unused. Removing its rules would require a function with permissions on every security group.
      restrictDefaultSecurityGroup: false,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason:
        'There is no traffic to log: the VPC has no gateway and no function, and its security group has no rules.',
    });
  }
}
