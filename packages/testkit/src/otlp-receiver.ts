// A collector of traces for tests and the bench: a process of its own that keeps what it is sent.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ReceivedSpan } from './otlp-spans.ts';

export interface OtlpReceiver extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string;
  /** All that has come so far. */
  spans(): Promise<readonly ReceivedSpan[]>;
  /** How many have come. */
  count(): Promise<number>;
  /** While it is mute it takes requests and answers none. */
  mute(isMute: boolean): Promise<void>;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const main = join(import.meta.dirname, 'otlp-receiver-main.ts');
  const child = spawn(process.execPath, [main], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(() => Promise.reject(new Error('The receiver of spans has ended.'))),
  ])) as [string];
  const { port } = JSON.parse(line) as { port: number };
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    spans: async () => (await (await fetch(endpoint)).json()) as ReceivedSpan[],
    count: async () => Number(await (await fetch(`${endpoint}/count`)).text()),
    async mute(isMute) {
      await fetch(`${endpoint}/mute`, { method: 'POST', body: String(isMute) });
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}
