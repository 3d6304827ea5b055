// A challenger in an ONNX file, run by onnxruntime-node in a process of its own.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ProviderError, type Logger, type Provider } from '@saidao/worker';
import type { Features } from '../features.ts';
import type { OnnxQuestion, OnnxWord } from '../onnx-process/main.ts';
import type { Challenger } from '../ports.ts';
import type { ChallengerModel } from '../shadow.decide.ts';
import { askChallenger } from './asked.ts';

export interface OnnxModelOptions {
  readonly model: ChallengerModel;
  readonly path: string;
  readonly provider: Provider;
  readonly logger: Logger;
  /** The package that runs it; another one in tests. */
  readonly runtime?: string;
  /** How long its process may take until it can answer. */
  readonly loadMs?: number;
}

/** To start a process and to read a model takes longer than an answer, and not without end. */
const LOAD_MS = 30_000;

export interface OnnxModel extends Challenger {
  /** Of its process; undefined while none runs. */
  pid(): number | undefined;
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../onnx-process/main.ts', import.meta.url));

/** Starts the model's process at once, so that what is missing is told when the worker starts. */
export function onnxModel(options: OnnxModelOptions): OnnxModel {
  const { model, provider } = options;
  const process = new ModelProcess(options);
  return {
    model,
    pid: () => process.pid(),
    score: (features, question) =>
      askChallenger(provider, question, (signal) => process.ask(features, signal)),
    stop: () => process.stop(),
  };
}

interface Asked {
  readonly resolve: (points: number) => void;
  readonly reject: (error: Error) => void;
}

/** Native code that hangs cannot be interrupted, so a late process is ended and started anew. */
class ModelProcess {
  readonly #options: OnnxModelOptions;
  readonly #asked = new Map<number, Asked>();
  #child: ChildProcess | undefined;
  #ready = false;
  #unable: string | undefined;
  #lastId = 0;
  #stopped = false;

  constructor(options: OnnxModelOptions) {
    this.#options = options;
    this.#child = this.#start();
  }

  pid(): number | undefined {
    return this.#child?.pid;
  }

  ask(features: Features, signal: AbortSignal): Promise<number> {
    if (this.#unable !== undefined) throw new ProviderError('error', this.#unable);
    this.#child ??= this.#start();
    const child = this.#child;
    const id = (this.#lastId += 1);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const giveUp = (): void => {
      reject(new ProviderError('timeout', 'its process did not answer in time'));
      // One that still loads has a longer time of its own, or it would never be done.
      if (this.#ready) child.kill('SIGKILL');
    };
    signal.addEventListener('abort', giveUp, { once: true });
    this.#asked.set(id, { resolve, reject });
    child.send({ id, features } satisfies OnnxQuestion, (error) => {
      if (error !== null) reject(new ProviderError('error', 'its process has ended'));
    });
    return promise.finally(() => {
      signal.removeEventListener('abort', giveUp);
      this.#asked.delete(id);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    // One that could not be started has no number, and never exits.
    if (child?.pid === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  #start(): ChildProcess {
    const {
      path,
      runtime = 'onnxruntime-node',
      logger,
      provider,
      loadMs = LOAD_MS,
    } = this.#options;
    const { name } = provider;
    // Without the environment: a model has no business with the worker's secrets.
    const child = fork(MAIN, [path, runtime], { env: {}, serialization: 'advanced' });
    child.on('message', (word: OnnxWord) => this.#hear(word));
    child.on('error', (error) => logger.warn({ err: error, provider: name }, 'no process'));
    child.once('exit', (code, signal) => this.#gone(signal ?? `code ${code}`));
    const loading = setTimeout(() => {
      logger.warn({ provider: name, reason: `not ready within ${loadMs} ms` }, 'it is ended');
      child.kill('SIGKILL');
    }, loadMs);
    child.once('message', () => clearTimeout(loading));
    child.once('exit', () => clearTimeout(loading));
    return child;
  }

  #hear(word: OnnxWord): void {
    const { logger, provider } = this.#options;
    switch (word.kind) {
      case 'ready':
        this.#ready = true;
        logger.info({ provider: provider.name }, 'the challenger is ready');
        return;
      case 'unable':
        this.#unable = word.reason;
        logger.warn({ provider: provider.name, reason: word.reason }, 'the challenger cannot run');
        for (const { reject } of this.#asked.values()) {
          reject(new ProviderError('error', word.reason));
        }
        return;
      case 'points':
        this.#asked.get(word.id)?.resolve(word.points);
        return;
      case 'failed':
        this.#asked.get(word.id)?.reject(new ProviderError('error', word.reason));
    }
  }

  #gone(how: string): void {
    this.#child = undefined;
    this.#ready = false;
    if (this.#stopped || this.#unable !== undefined) return;
    const { logger, provider } = this.#options;
    const told = { provider: provider.name, reason: how };
    logger.warn(told, "the challenger's process has ended");
    for (const { reject } of this.#asked.values()) {
      reject(new ProviderError('error', 'its process has ended'));
    }
  }
}
