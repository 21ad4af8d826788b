import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { EmbeddedCloud } from '../../src/embedded-cloud.ts';
import { deployUnderTest, functionOf, httpApiOf, type DeployUnderTest } from './deploy-under-test.ts';

/** The source of a function that prints the lines in its event, and fails if the event sets `fails`. */
const SOURCE = `export const handler = async ({ lines = [], fails = false }) => {
  for (const line of lines) process.stdout.write(JSON.stringify(line) + '\\n');
  if (fails) throw new Error('as asked');
};`;

const FUNCTION = 'Test-Function';

/** An alarm's state change. */
export interface Change {
  readonly alarm: string;
  readonly from: string;
  readonly to: string;
  readonly description?: string;
}

/** An embedded cloud with a function behind an HTTP API. Only the test advances CloudWatch's clock. */
export interface CloudWatchUnderTest {
  readonly cloud: EmbeddedCloud;
  readonly client: CloudWatchClient;
  readonly lambda: LambdaClient;
  readonly functionName: string;
  /** All lines written to the terminal. */
  readonly lines: readonly string[];
  invoke(event?: object): Promise<void>;
  /** Advances CloudWatch's clock, and evaluates the alarms. @returns the state changes */
  evaluateIn(seconds: number): Promise<Change[]>;
  /** Returns CloudWatch's time. */
  now(): Promise<Date>;
  /** Returns a metric's sum over the last hour. */
  sumOf(namespace: string, name: string, dimensions: Readonly<Record<string, string>>): Promise<number>;
  end(): Promise<void>;
}

export async function cloudWatchUnderTest(
  resources: Parameters<DeployUnderTest['start']>[0] = {},
): Promise<CloudWatchUnderTest> {
  const deploy = await deployUnderTest();
  const cloud = await deploy.start({ Function: functionOf(SOURCE), ...httpApiOf('Function'), ...resources });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const place = { endpoint: cloud.awsEndpointUrl, region: 'us-east-1', credentials };
  const client = new CloudWatchClient(place);
  const lambda = new LambdaClient(place);

  async function askAlarms<Answer>(init?: RequestInit): Promise<Answer> {
    const response = await fetch(`${cloud.awsEndpointUrl}/_errand/alarms`, init);
    return (await response.json()) as Answer;
  }

  const under: CloudWatchUnderTest = {
    cloud,
    client,
    lambda,
    functionName: FUNCTION,
    lines: deploy.lines,
    async invoke(event = {}) {
      const Payload = Buffer.from(JSON.stringify(event));
      await lambda.send(new InvokeCommand({ FunctionName: FUNCTION, Payload }));
    },
    async evaluateIn(seconds) {
      const body = JSON.stringify({ seconds });
      return (await askAlarms<{ changes: Change[] }>({ method: 'POST', body })).changes;
    },
    now: async () => new Date((await askAlarms<{ now: string }>()).now),
    async sumOf(Namespace, MetricName, dimensions) {
      const EndTime = new Date((await under.now()).getTime() + 60_000);
      const { Datapoints = [] } = await client.send(
        new GetMetricStatisticsCommand({
          Namespace,
          MetricName,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
          StartTime: new Date(EndTime.getTime() - 3_600_000),
          EndTime,
          Period: 3_600,
          Statistics: ['Sum'],
        }),
      );
      return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
    },
    async end() {
      client.destroy();
      lambda.destroy();
      await deploy.end();
    },
  };
  await under.evaluateIn(0);
  return under;
}

/** Returns a log line with a metric for the `cart` page. */
export function cart(values: number | number[], more: object = {}): object {
  return {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: 'Shop',
          Dimensions: [['page'], []],
          Metrics: [{ Name: 'Latency', Unit: 'Milliseconds' }],
        },
      ],
    },
    page: 'cart',
    Latency: values,
    ...more,
  };
}
