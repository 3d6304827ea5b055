// The process of one ONNX model: what hangs or crashes in it is not in the champion's process.
import type { Features } from '../features.ts';

/** What of onnxruntime-node is used; it need not be installed for this to be checked. */
interface Runtime {
  readonly InferenceSession: { create(path: string, options: object): Promise<Session> };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => Tensor;
}
interface Tensor {
  readonly data: ArrayLike<number>;
}
interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
}

/** What it is asked, and what it answers under the same id. */
export interface OnnxQuestion {
  readonly id: number;
  readonly features: Features;
}
export type OnnxWord =
  | { readonly kind: 'ready' }
  /** It will never answer: no runtime, no model. */
  | { readonly kind: 'unable'; readonly reason: string }
  | { readonly kind: 'points'; readonly id: number; readonly points: number }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string };

const [modelPath = '', runtimeName = ''] = process.argv.slice(2);
const say = (word: OnnxWord): void => void process.send?.(word);

// The champion's process is gone: so is all that this one is for.
process.on('disconnect', () => process.exit());

const runtime = await loadRuntime();
const session = runtime === undefined ? undefined : await openModel(runtime);
if (runtime === undefined || session === undefined) process.disconnect?.();
else {
  process.on('message', (question: OnnxQuestion) => void answer(runtime, session, question));
  say({ kind: 'ready' });
}

async function loadRuntime(): Promise<Runtime | undefined> {
  try {
    const { default: loaded } = (await import(runtimeName)) as { readonly default: Runtime };
    return loaded;
  } catch (error) {
    const missing = (error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND';
    const reason = missing ? 'is not installed' : `cannot be loaded: ${messageOf(error)}`;
    say({ kind: 'unable', reason: `${runtimeName} ${reason}` });
    return undefined;
  }
}

async function openModel({ InferenceSession }: Runtime): Promise<Session | undefined> {
  try {
    // One thread: an answer takes microseconds, and the machine has other work.
    const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
    return await InferenceSession.create(modelPath, options);
  } catch (error) {
    say({ kind: 'unable', reason: `the model cannot be opened: ${messageOf(error)}` });
    return undefined;
  }
}

/** Each input is named after a factor and takes its share of points, and 1 where it is missing. */
async function answer({ Tensor }: Runtime, session: Session, asked: OnnxQuestion): Promise<void> {
  const { id, features } = asked;
  try {
    const feeds = session.inputNames.map((code) => {
      const share = features[code] ?? null;
      const pair = share === null ? [0, 1] : [share / 1_000_000, 0];
      return [code, new Tensor('float32', Float32Array.from(pair), [1, 2])] as const;
    });
    const [output = ''] = session.outputNames;
    const given = (await session.run(Object.fromEntries(feeds)))[output]?.data[0];
    say({ kind: 'points', id, points: Math.round((given ?? NaN) * 10_000) });
  } catch (error) {
    say({ kind: 'failed', id, reason: messageOf(error) });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
