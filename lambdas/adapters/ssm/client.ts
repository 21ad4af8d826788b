import { SSMClient } from '@aws-sdk/client-ssm';
import { clientConfiguration } from '../aws/configuration.ts';

export function createSsmClient(): SSMClient {
  return new SSMClient(clientConfiguration('ssm'));
}
