import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CloudWatch } from './cloudwatch.ts';
import type { Dimensions } from './metric.ts';
import { labelName } from './prometheus-names.ts';
import { TIME_BUCKETS, type Family, type Total, type TotalKind, type Totals } from './totals.ts';

const TYPES: Readonly<Record<TotalKind, string>> = {
  counter: 'counter',
  gauge: 'gauge',
  times: 'histogram',
  summary: 'summary',
};

/** Creates the `/metrics` page for Prometheus. The page contains all metrics since startup. */
export function createMetricsPage(cloudWatch: CloudWatch) {
  return ({ method = '' }: IncomingMessage, response: ServerResponse): void => {
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' });
      response.end();
      return;
    }
    try {
      cloudWatch.readGauges();
    } catch {
      // The gauges can't be read, because the services that provide them have already stopped.
      response.writeHead(503).end();
      return;
    }
    const text = prometheusText(cloudWatch.totals);
    response.writeHead(200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    });
    response.end(method === 'HEAD' ? undefined : text);
  };
}

/** Formats metrics in Prometheus's text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function prometheusText(totals: Totals): string {
  return [...totals.families()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(familyText)
    .join('');
}

function familyText({ name, kind, help, series }: Family): string {
  const head = `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${TYPES[kind]}\n`;
  return head + [...series.values()].map((total) => totalText(name, kind, total)).join('');
}

function totalText(name: string, kind: TotalKind, { labels, count, sum, last, buckets }: Total): string {
  if (kind === 'counter') return sample(name, labels, sum);
  if (kind === 'gauge') return sample(name, labels, last);
  const ends = sample(`${name}_sum`, labels, sum) + sample(`${name}_count`, labels, count);
  if (kind === 'summary') return ends;
  let upTo = 0;
  const bounds = TIME_BUCKETS.map((bound, index) => {
    upTo += buckets[index] ?? 0;
    return sample(`${name}_bucket`, labels, upTo, `le="${bound}"`);
  });
  return `${bounds.join('')}${sample(`${name}_bucket`, labels, count, 'le="+Inf"')}${ends}`;
}

function sample(name: string, labels: Dimensions, value: number, further?: string): string {
  // Keeps only the first of two dimensions that map to the same label name. Prometheus would reject the whole page if a label occurred
  // twice.
  const byName = new Map<string, string>();
  for (const [label, text] of Object.entries(labels)) {
    if (!byName.has(labelName(label))) byName.set(labelName(label), text);
  }
  const pairs = [...byName].map(([name, text]) => `${name}="${escaped(text).replaceAll('"', '\\"')}"`);
  if (further !== undefined) pairs.push(further);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
