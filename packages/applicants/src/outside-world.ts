// Tells the simulated outside world of many applicants before they come.
import { causeOf, DoorError } from './door-error.ts';
import type { Sample } from './samples.ts';

/** What one request may hold is 5,000 of each; fewer keep the world answering others meanwhile. */
const ITEMS_AT_ONCE = 2_000;
const REQUEST_MS_MAX = 30_000;

type World = Omit<Sample['world'], 'behaviours'>;

/** Everything once, in few requests. */
export async function seedOutsideWorld(
  address: string,
  applicants: Iterable<{ readonly world: World }>,
  signal: AbortSignal,
): Promise<void> {
  const toldInstitutions = new Map<string, boolean>();
  let seed = emptySeed();
  const tell = async () => {
    if (itemsIn(seed) === 0) return;
    await post(`${address}/control/seed`, seed, signal);
    seed = emptySeed();
  };
  for (const { world } of applicants) {
    seed.patents.push(...world.register);
    seed.appraisals.push(...world.appraisals);
    seed.enterprises.push(...world.enterprises);
    seed.persons.push(...world.persons);
    seed.talents.push(...world.talents);
    for (const [name, { confirms }] of Object.entries(world.guarantors)) {
      if (toldInstitutions.get(name) === confirms) continue;
      toldInstitutions.set(name, confirms);
      seed.institutions.push({ name, confirms });
    }
    if (itemsIn(seed) >= ITEMS_AT_ONCE) await tell();
  }
  await tell();
}

interface Seed {
  readonly patents: World['register'][number][];
  readonly appraisals: World['appraisals'][number][];
  readonly enterprises: World['enterprises'][number][];
  readonly persons: World['persons'][number][];
  readonly talents: World['talents'][number][];
  readonly institutions: { name: string; confirms: boolean }[];
}

const emptySeed = (): Seed => ({
  patents: [],
  appraisals: [],
  enterprises: [],
  persons: [],
  talents: [],
  institutions: [],
});
const itemsIn = (seed: Seed): number =>
  Object.values(seed).reduce((sum: number, { length }: readonly unknown[]) => sum + length, 0);

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
