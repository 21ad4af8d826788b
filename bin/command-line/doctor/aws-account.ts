import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { parseXML } from '@aws-sdk/xml-builder';
import { callSigned } from './signed-call.ts';

/** AWS clients and calls for the checks, in the user's account and one region. */
export interface AwsAccount {
  readonly region: string;
  readonly cloudFormation: CloudFormationClient;
  readonly lambda: LambdaClient;
  readonly rds: RDSClient;
  readonly secrets: SecretsManagerClient;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
  /** Returns a quota's value, or `fallback` if Service Quotas has no value or denies the call. */
  quota(serviceCode: string, quotaCode: string, fallback: number): Promise<number>;
  /** Calls GetAccountPlanState. */
  accountPlan(): Promise<AccountPlan>;
  /** Returns the region's VPCs, each with the name of the stack that created it. */
  vpcs(): Promise<readonly { readonly stack: string | undefined }[]>;
  destroy(): void;
}

/** https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_freetier_GetAccountPlanState.html */
export interface AccountPlan {
  readonly accountPlanType?: 'FREE' | 'PAID';
  readonly accountPlanExpirationDate?: string | number;
}

export interface AccountOptions {
  /** A profile in the AWS configuration files. If undefined, AWS_PROFILE or the environment's credentials are used. */
  readonly profile: string | undefined;
  /** If undefined, the region from the environment or the profile is used. */
  readonly region: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The Free Tier API's only region:
 * https://docs.aws.amazon.com/sdk-for-java/latest/reference/software/amazon/awssdk/services/freetier/package-summary.html
 */
const FREE_TIER_REGION = 'us-east-1';

/** @throws Error if neither the options nor the configuration contain a region */
export async function openAccount({ profile, region, environment }: AccountOptions): Promise<AwsAccount> {
  const configuration = { ...(profile && { profile }), ...(region && { region }), maxAttempts: 3 };
  const sts = new STSClient(configuration);
  const here = await sts.config.region();
  const clients = {
    sts,
    cloudFormation: new CloudFormationClient(configuration),
    lambda: new LambdaClient(configuration),
    rds: new RDSClient(configuration),
    secrets: new SecretsManagerClient(configuration),
    ssm: new SSMClient(configuration),
  };
  const quotas = new ServiceQuotasClient(configuration);
  const endpoint = (variable: string, otherwise: string): string =>
    environment[`AWS_ENDPOINT_URL_${variable}`] ?? environment.AWS_ENDPOINT_URL ?? otherwise;
  return {
    region: here,
    ...clients,
    async quota(ServiceCode, QuotaCode, fallback) {
      try {
        const { Quota } = await quotas.send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode }));
        return Quota?.Value ?? fallback;
      } catch {
        return fallback;
      }
    },
    async accountPlan() {
      const body = await callSigned({
        credentials: await sts.config.credentials(),
        region: FREE_TIER_REGION,
        service: 'freetier',
        url: endpoint('FREETIER', `https://freetier.${FREE_TIER_REGION}.api.aws`),
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': 'AWSFreeTierService.GetAccountPlanState',
        },
        body: '{}',
      });
      return JSON.parse(body) as AccountPlan;
    },
    async vpcs() {
      const domain = here.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
      const body = await callSigned({
        credentials: await sts.config.credentials(),
        region: here,
        service: 'ec2',
        url: endpoint('EC2', `https://ec2.${here}.${domain}`),
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body: new URLSearchParams({ Action: 'DescribeVpcs', Version: '2016-11-15' }).toString(),
      });
      return vpcsIn(body);
    },
    destroy() {
      for (const client of [...Object.values(clients), quotas]) client.destroy();
    },
  };
}

/** The tag that CloudFormation adds to each of a stack's resources. */
export const STACK_TAG = 'aws:cloudformation:stack-name';

interface XmlTag {
  readonly key: string;
  readonly value: string;
}

/**
 * A list in XML, which has no arrays. The XML parser returns an empty string for an empty list, and the item itself for a list with one item.
 */
interface XmlList<Item> {
  readonly item?: Item | readonly Item[];
}

function vpcsIn(body: string): { stack: string | undefined }[] {
  const { DescribeVpcsResponse: response } = parseXML(body) as {
    DescribeVpcsResponse: { vpcSet: XmlList<{ tagSet?: XmlList<XmlTag> }> | '' };
  };
  return itemsOf(response.vpcSet).map(({ tagSet }) => ({
    stack: itemsOf(tagSet).find(({ key }) => key === STACK_TAG)?.value,
  }));
}

function itemsOf<Item>(list: XmlList<Item> | '' | undefined): readonly Item[] {
  if (list === undefined || list === '') return [];
  return [list.item ?? []].flat() as Item[];
}
