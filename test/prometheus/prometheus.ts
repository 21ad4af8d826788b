import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../helpers/free-port.ts';

/** A Prometheus server that scrapes one target every second. */
export interface Prometheus {
  /** Resolves after two more complete scrapes. */
  scraped(): Promise<void>;
  /** Returns the current values of an instant query. @throws Error with Prometheus's message if the query is invalid */
  query(expression: string): Promise<number[]>;
  end(): Promise<void>;
}

/** Returns the lines that `promtool check metrics` prints for a page; empty if the page is valid. */
export async function checkMetrics(page: string): Promise<string[]> {
  const child = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const closed = once(child, 'close') as Promise<[number | null]>;
  child.stdin.end(page);
  const [output, messages, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  const lines = `${output}${messages}`.split('\n').filter((line) => line !== '');
  return code === 0 && lines.length === 0 ? [] : ['promtool check metrics:', ...lines];
}

/**
 * Starts a Prometheus server.
 *
 * @param target the host and port to scrape, such as `127.0.0.1:4566`
 */
export async function startPrometheus(folder: string, target: string): Promise<Prometheus> {
  const port = await freePort();
  const configuration = path.join(folder, 'prometheus.yml');
  await writeFile(
    configuration,
    `global: { scrape_interval: 1s, scrape_timeout: 1s }\nscrape_configs: [{ job_name: errand, static_configs: [{ targets: ['${target}'] }] }]\n`,
  );
  const log = path.join(folder, 'prometheus.log');
  const child = spawn(
    'prometheus',
    [
      `--config.file=${configuration}`,
      `--storage.tsdb.path=${path.join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output = createWriteStream(log);
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const closed = once(child, 'close');

  async function query(expression: string): Promise<number[]> {
    const url = new URL(`http://127.0.0.1:${port}/api/v1/query`);
    url.searchParams.set('query', expression);
    const response = await fetch(url);
    const { data, error } = (await response.json()) as {
      data?: { result: readonly { value: readonly [number, string] }[] };
      error?: string;
    };
    if (!data) throw new Error(`Prometheus refused ${expression}: ${error ?? response.statusText}`);
    return data.result.map(({ value: [, number] }) => Number(number));
  }

  return {
    async scraped() {
      const scrapes = async () => (await query('count_over_time(up[1h])').catch(() => []))[0] ?? 0;
      const before = await scrapes();
      for (let round = 0; round < 300; round += 1) {
        if (child.exitCode !== null) throw new Error(`Prometheus exited with ${child.exitCode}: see ${log}.`);
        const isUp = (await query('up').catch(() => []))[0] === 1;
        if (isUp && (await scrapes()) >= before + 2) return;
        await wait(100);
      }
      throw new Error(`Prometheus did not scrape ${target} in 30 s: see ${log}.`);
    },
    query,
    async end() {
      child.kill('SIGTERM');
      await closed;
      output.end();
    },
  };
}
