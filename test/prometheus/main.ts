import type { ServerResponse } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { metricDescriptions } from '../../bin/local-service/metric-descriptions.ts';
import { startEmbeddedStack } from '../helpers/embedded-stack.ts';
import { PROJECT, type Stack } from '../helpers/stack.ts';
import { startReceiver, type Received } from '../helpers/webhook-receiver.ts';
import { needPackages } from '../helpers/system-packages.ts';
import { checkMetrics, startPrometheus, type Prometheus } from './prometheus.ts';
import { runTraffic } from './traffic.ts';

// Runs `npm run test:prometheus`. It checks a running embedded cloud's `/metrics` with promtool, lets a Prometheus server scrape the metrics, and
// runs every query of the Grafana dashboard. The exit code is 1 for a finding, and 2 if the test
// could not run.

const DASHBOARD = 'docs/how-to/grafana-dashboard.json';

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

await needPackages('npm run test:prometheus', ['prometheus']).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(2);
});
const receiver = await startReceiver(answer);
const stack = await startEmbeddedStack({ WEBHOOK_ALLOWED_HOSTS: receiver.origin }, { metricDescriptions });
const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-prometheus-'));
try {
  const problems = [...(await checkedPage(stack)), ...(await checkedDashboard(stack))];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await stack.end();
  await receiver.end();
  await rm(folder, { recursive: true, force: true });
}

function answer({ path: requested }: Received, response: ServerResponse, earlier: number): void {
  const fails = requested === '/fails' || (requested === '/fails-once' && earlier % 2 === 0);
  response.writeHead(fails ? (requested === '/fails' ? 400 : 500) : 200).end();
}

/** Generates traffic, and returns promtool's findings for `/metrics`. */
async function checkedPage({ apiUrl, awsEndpointUrl }: Stack): Promise<string[]> {
  await runTraffic(apiUrl, receiver.origin);
  const page = await (await fetch(`${awsEndpointUrl}/metrics`)).text();
  const found = await checkMetrics(page);
  const count = page.split('\n').filter((line) => line.startsWith('# TYPE')).length;
  process.stdout.write(`promtool checked ${count} metrics.\n`);
  return found;
}

/** Starts Prometheus, generates traffic, and returns a message for each dashboard query without data. */
async function checkedDashboard({ apiUrl, awsEndpointUrl }: Stack): Promise<string[]> {
  const { panels } = JSON.parse(await readFile(path.join(PROJECT, DASHBOARD), 'utf8')) as {
    panels: readonly Panel[];
  };
  const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
  const prometheus = await startPrometheus(folder, new URL(awsEndpointUrl).host);
  try {
    // To compute a rate, Prometheus needs a scrape before the traffic and another after it.
    await prometheus.scraped();
    await runTraffic(apiUrl, receiver.origin);
    await prometheus.scraped();
    const empty = await emptyOf(queries, prometheus);
    process.stdout.write(
      `${queries.length - empty.length} of ${queries.length} queries of ${DASHBOARD} return data.\n`,
    );
    return empty;
  } finally {
    await prometheus.end();
  }
}

async function emptyOf(
  queries: readonly { title: string; expr: string }[],
  prometheus: Prometheus,
): Promise<string[]> {
  const empty: string[] = [];
  for (const { title, expr } of queries) {
    const values = await prometheus.query(expr.replaceAll('$__rate_interval', '1m'));
    if (!values.some(Number.isFinite)) empty.push(`No data for the panel "${title}": ${expr}`);
  }
  if (queries.length === 0) empty.push(`${DASHBOARD} has no query.`);
  return empty;
}
