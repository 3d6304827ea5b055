// A live Prometheus for a test: scrapes a running system each two seconds, and is asked over HTTP.
import { spawn } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { freePort } from '@saidao/local';
import { eventually, prometheusPrograms } from '@saidao/testkit';
import { root } from './system.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Alerting extends Pick<Sample, 'labels'> {
  readonly name: string;
}

export interface Prometheus {
  /** What the question answers now; rejects where Prometheus cannot read it. */
  query(expr: string): Promise<readonly Sample[]>;
  firing(): Promise<readonly Alerting[]>;
  /** Of every alert the name and the question. */
  alerts(): Promise<readonly { readonly name: string; readonly query: string }[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface PrometheusOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Where metrics are told: `http://127.0.0.1:18081`. */
  readonly addresses: readonly string[];
  /** Changes the rules further: their alerts wait for two seconds and look back a minute. */
  readonly rules?: (text: string) => string;
}

/** A scrape waits for a broker for a second at most; it has to end within its interval. */
const EVERY = '2s';
const READY_MS = 60_000;

export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  await using started = new AsyncDisposableStack();
  const { environment, addresses, rules = (text) => text } = options;
  const { prometheus } = await prometheusPrograms({ environment });
  const home = mkdtempSync(join(tmpdir(), 'saidao-prometheus-'));
  started.defer(() => rmSync(home, { recursive: true, force: true }));
  for (const file of globSync(join(root, 'infra/observability/prometheus/rules/*.yml'))) {
    const text = readFileSync(file, 'utf8')
      .replace(/^( +for:) \d+[smh]$/gm, `$1 ${EVERY}`)
      .replaceAll('[5m]', '[1m]');
    writeFileSync(join(home, `rules-${basename(file)}`), rules(text));
  }
  const targets = addresses.map((address) => new URL(address).host);
  const every = `scrape_interval: ${EVERY}, scrape_timeout: ${EVERY}, evaluation_interval: ${EVERY}`;
  writeFileSync(
    join(home, 'prometheus.yml'),
    `global: { ${every} }\n` +
      `rule_files: ['${home}/rules-*.yml']\n` +
      `scrape_configs: [{ job_name: saidao, static_configs: [{ targets: ${JSON.stringify(targets)} }] }]\n`,
  );
  const at = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    prometheus,
    [
      `--config.file=${home}/prometheus.yml`,
      `--storage.tsdb.path=${home}/data`,
      `--web.listen-address=${at}`,
    ],
    { env: environment, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk) => (said = (said + String(chunk)).slice(-4_000)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  started.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await eventually(
    'Prometheus is ready',
    async () => {
      if (child.exitCode !== null) throw new Error(`Prometheus has ended: ${said}`);
      return (await fetch(`http://${at}/-/ready`)).ok;
    },
    { deadlineMs: READY_MS },
  );

  async function ask<Data>(path: string): Promise<Data> {
    const answer = (await (await fetch(`http://${at}/api/v1/${path}`)).json()) as {
      readonly data: Data;
      readonly error?: string;
    };
    if (answer.error !== undefined) throw new Error(`${decodeURIComponent(path)}: ${answer.error}`);
    return answer.data;
  }

  const running = started.move();
  return {
    async query(expr) {
      const { result } = await ask<{
        readonly result: readonly {
          readonly metric: Sample['labels'];
          readonly value: readonly [number, string];
        }[];
      }>(`query?query=${encodeURIComponent(expr)}`);
      return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    async firing() {
      const { alerts } = await ask<{
        readonly alerts: readonly { readonly labels: Sample['labels']; readonly state: string }[];
      }>('alerts');
      return alerts
        .filter(({ state }) => state === 'firing')
        .map(({ labels }) => ({ name: labels['alertname']!, labels }));
    },
    async alerts() {
      const { groups } = await ask<{
        readonly groups: readonly {
          readonly rules: readonly { readonly name: string; readonly query: string }[];
        }[];
      }>('rules?type=alert');
      return groups.flatMap((group) => group.rules);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
