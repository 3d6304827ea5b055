// How set-up work tells its progress.

export interface Step {
  name: string;
  state: 'running' | 'done' | 'reused' | 'failed';
  ms: number;
  /** What is being done, or what came of it, in a few words. */
  detail?: string;
  /** Bytes fetched so far, where something is fetched. */
  bytes?: number;
}

export type OnStep = (step: Step) => void;

/** Runs one step and reports its beginning, progress, end and time. */
export async function runStep<T>(
  name: string,
  onStep: OnStep,
  work: (tell: (detail: string, bytes?: number) => void) => Promise<T>,
  outcome: (result: T) => { state?: 'done' | 'reused'; detail?: string } = () => ({}),
): Promise<T> {
  const began = performance.now();
  let bytesSeen: number | undefined;
  const step = (state: Step['state'], detail?: string): Step => ({
    name,
    state,
    ms: Math.round(performance.now() - began),
    ...(detail === undefined ? {} : { detail }),
    ...(bytesSeen === undefined ? {} : { bytes: bytesSeen }),
  });
  onStep(step('running'));
  try {
    const result = await work((detail, bytes) => {
      if (bytes !== undefined) bytesSeen = bytes;
      onStep(step('running', detail));
    });
    const { state = 'done', detail } = outcome(result);
    onStep(step(state, detail));
    return result;
  } catch (error) {
    onStep(step('failed', error instanceof Error ? error.message : String(error)));
    throw error;
  }
}
