// The simulated outside world as the player of samples uses it: told beforehand, asked afterwards.
import { seedOutsideWorld } from '@saidao/applicants';
import type { Sample } from '@saidao/applicants';
import { Told } from './told.ts';

export interface RailPayout {
  readonly payoutId: string;
  readonly payee: string;
  readonly amountFen: string;
}

export interface OutsideWorld {
  /** Seeds the registers, then sets how the world behaves: that time runs from now. */
  prepare(sample: Sample): Promise<void>;
  /** Takes the sample's behaviours back. */
  calm(sample: Sample): Promise<void>;
  railBook(): Promise<readonly RailPayout[]>;
}

const REQUEST_MS_MAX = 10_000;

export function outsideWorldAt(address: string, signal: AbortSignal): OutsideWorld {
  return {
    async prepare({ world }) {
      await seedOutsideWorld(address, [{ world }], signal);
      await Promise.all(world.behaviours.map((behaviour) => put('/control/behaviour', behaviour)));
    },

    async calm({ world }) {
      await Promise.all(
        world.behaviours.map(({ provider, subject }) =>
          put('/control/behaviour', {
            provider,
            ...(subject !== undefined && { subject }),
            mode: 'normal',
          }),
        ),
      );
    },

    async railBook() {
      const answer = await ask('/rail/book', { method: 'GET' });
      return ((await answer.json()) as { payouts: RailPayout[] }).payouts;
    },
  };

  async function put(path: string, body: object): Promise<void> {
    const answer = await ask(path, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    await answer.body?.cancel();
  }

  async function ask(path: string, request: RequestInit): Promise<Response> {
    const answer = await fetch(`${address}${path}`, {
      ...request,
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS_MAX)]),
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new Told(
        `The outside world does not answer at ${address}: see \`npx saidao status\`.`,
        1,
        { cause: error },
      );
    });
    if (answer.ok) return answer;
    throw new Told(`The outside world refused ${path}: ${await answer.text()}`);
  }
}
