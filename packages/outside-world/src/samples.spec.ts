// Spec that the outside world takes what the project's samples tell it.
import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Behaviour } from './behaviour.ts';
import type { PatentSeed } from './register.ts';
import { openWorld } from './test-world.ts';

interface SampleWorld {
  readonly register: readonly (PatentSeed & { readonly number: string })[];
  readonly guarantors: Readonly<Record<string, { readonly confirms: boolean }>>;
  readonly behaviours: readonly Behaviour[];
}

const folder = new URL('../../../samples/', import.meta.url);
const files = (await readdir(folder)).filter((file) => file.endsWith('.json'));

it.each(files)('takes the world of %s', async (file) => {
  const sample = JSON.parse(await readFile(new URL(file, folder), 'utf8')) as {
    world: SampleWorld;
  };
  const { register, guarantors, behaviours } = sample.world;
  const world = await openWorld();
  for (const { number, ...patent } of register) {
    expect((await world.seed(number, patent)).status).toBe(200);
    expect((await world.patent(number)).body).toMatchObject({ number, ...patent });
  }
  for (const [name, institution] of Object.entries(guarantors)) {
    const url = `/control/guarantor/institutions/${encodeURIComponent(name)}`;
    expect((await world.call('PUT', url, institution)).status).toBe(200);
  }
  for (const behaviour of behaviours) {
    expect((await world.behave(behaviour)).body).toEqual(behaviour);
  }
});
