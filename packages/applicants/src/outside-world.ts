// Tells the simulated outside world of many applicants before they come: patents and institutions.
import { causeOf, DoorError } from './door-error.ts';
import type { Sample } from './samples.ts';

/** What one request may hold is 5,000; fewer keep the world answering others meanwhile. */
const PATENTS_AT_ONCE = 2_000;
const REQUEST_MS_MAX = 30_000;

type World = Pick<Sample['world'], 'register' | 'guarantors'>;

/** Each patent and institution once, in as few requests as its limit allows. */
export async function seedOutsideWorld(
  address: string,
  applicants: Iterable<{ readonly world: World }>,
  signal: AbortSignal,
): Promise<void> {
  const told = new Map<string, boolean>();
  let patents: World['register'][number][] = [];
  let institutions: { name: string; confirms: boolean }[] = [];
  const tell = async () => {
    if (patents.length + institutions.length === 0) return;
    await post(`${address}/control/seed`, { patents, institutions }, signal);
    [patents, institutions] = [[], []];
  };
  for (const { world } of applicants) {
    patents.push(...world.register);
    for (const [name, { confirms }] of Object.entries(world.guarantors)) {
      if (told.get(name) === confirms) continue;
      told.set(name, confirms);
      institutions.push({ name, confirms });
    }
    if (patents.length >= PATENTS_AT_ONCE) await tell();
  }
  await tell();
}

async function post(url: string, body: object, signal: AbortSignal): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS_MAX)]),
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    const says = `The outside world does not answer at ${url} (${causeOf(error)}).`;
    throw new DoorError('unreachable', `${says} See \`npx saidao status\`.`, { cause: error });
  });
  if (!answer.ok) {
    throw new DoorError('refused', `The outside world refused ${url}: ${await answer.text()}`);
  }
  await answer.body?.cancel();
}
