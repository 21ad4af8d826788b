import { Validations } from 'aws-cdk-lib/core';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

/**
 * The Aurora cluster's VPC. The VPC has two isolated subnets and no NAT or internet gateways, so it costs nothing. The functions run outside the
 * VPC, and reach the database through the RDS Data API.
 */
export class Network extends Vpc {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      maxAzs: 2,
      natGateways: 0,
      createInternetGateway: false,
      subnetConfiguration: [{ name: 'Database', subnetType: SubnetType.PRIVATE_ISOLATED }],
      // The default security group is unused, so keep its rules. To remove the rules, the CDK would add a function that may change every security
      // group.
      restrictDefaultSecurityGroup: false,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason:
        'There is no traffic to log: the VPC has no gateway and no function, and its security group has no rules.',
    });
  }
}
