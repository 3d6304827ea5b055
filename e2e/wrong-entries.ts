// Wrong entries for the cache of patent-verification, as whoever can write to its Redis makes them.
import { randomBytes } from 'node:crypto';
import type { Applicant } from '@saidao/applicants';
import { eventually } from '@saidao/testkit';
import { fromJson } from '@saidao/values';
import { createCache, type Cache } from '@saidao/worker';
import type { Redis } from 'ioredis';

const PREFIX = 'saidao:verify:';
const KEEP_MS = 600_000;

/** What speaks for an applicant made to speak against, and a pledge made to vanish. */
const turned: readonly (readonly [string, string])[] = [
  ['"pledged":false', '"pledged":true'],
  ['"pledged":true', '"pledged":false'],
  ['"status":"in-business"', '"status":"revoked"'],
  ['"dishonestDebtor":null', '"dishonestDebtor":{"reference":"x","since":"2026-01-01"}'],
  ['"worstTier":"normal"', '"worstTier":"loss"'],
  ['"confirmed":true', '"confirmed":false'],
  ['"paidThroughYear":', '"paidThroughYear":-'],
  ['"valueFen":{"$bigint":"', '"valueFen":{"$bigint":"9'],
];

/** An entry as the service wrote it: `<kind>/<version>/<lender>/<subject>`. */
interface Entry {
  readonly key: string;
  readonly kind: string;
  readonly version: string;
  readonly stored: string;
}

const wrongs = ['swapped', 'tampered', 'random', 'forged', 'expired'] as const;
type Wrong = (typeof wrongs)[number];

export interface Lies {
  /** Entries that were there and are wrong now. */
  readonly spoilt: number;
  /** Entries under the keys of those about whom nobody has asked yet. */
  readonly planted: number;
}

export interface Liar {
  /**
   * Makes all wrong that is there, and has what is true of others stand under the keys of those who
   * come next.
   */
  lie(comingNext: Iterable<Applicant>): Promise<Lies>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openLiar(redis: Redis, url: string, macKey: string): Promise<Liar> {
  const stranger = createCache({
    url,
    macKey: 'the-key-of-somebody-else-altogether',
    prefix: PREFIX,
  });
  // The key is the right one here, and the time is over: Redis itself has not noticed.
  const clock = { nowMs: () => Date.now() - 2 * KEEP_MS, steadyMs: () => performance.now() };
  const past = createCache({ url, macKey, prefix: PREFIX, clock });
  await eventually('both write to Redis', () => stranger.connected() && past.connected());

  async function write(wrong: Wrong, key: string, other: Entry): Promise<void> {
    const body = turn(bodyOf(other.stored));
    switch (wrong) {
      case 'swapped':
        return put(key, other.stored);
      case 'tampered':
        return put(key, other.stored.replace(bodyOf(other.stored), body));
      case 'random':
        return put(key, randomBytes(200));
      case 'forged':
        return keep(stranger, key, body);
      case 'expired':
        return keep(past, key, body);
    }
  }

  async function put(key: string, stored: string | Buffer): Promise<void> {
    await redis.set(PREFIX + key, stored, 'PX', KEEP_MS);
  }

  async function spoil(entries: readonly Entry[]): Promise<void> {
    for (const [at, entry] of entries.entries()) {
      const wrong = wrongOf(at);
      const others = entries.filter(({ kind }) => kind === entry.kind);
      const next = others[(others.indexOf(entry) + 1) % others.length] ?? entry;
      if (wrong === 'swapped' && next === entry) throw new Error(`${entry.key} is the only one`);
      await write(wrong, entry.key, wrong === 'swapped' ? next : entry);
    }
  }

  async function plant(entries: readonly Entry[], applicants: Iterable<Applicant>) {
    let planted = 0;
    for (const applicant of applicants) {
      for (const [kind, subject] of subjectsOf(applicant)) {
        const others = entries.filter((entry) => entry.kind === kind);
        const other = others[planted % others.length];
        if (other === undefined) throw new Error(`nothing of the kind ${kind} is kept`);
        const key = `${kind}/${other.version}/${applicant.lender}/${subject}`;
        await write(wrongOf(planted), key, other);
        planted += 1;
      }
    }
    return planted;
  }

  return {
    async lie(comingNext) {
      const entries = await entriesIn(redis);
      await spoil(entries);
      return { spoilt: entries.length, planted: await plant(entries, comingNext) };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([stranger.close(), past.close()]);
    },
  };
}

const wrongOf = (at: number): Wrong => wrongs[at % wrongs.length] as Wrong;

async function entriesIn(redis: Redis): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const keys of redis.scanStream({ match: `${PREFIX}*`, count: 500 })) {
    for (const name of keys as string[]) {
      const stored = await redis.get(name);
      const key = name.slice(PREFIX.length);
      const [kind = '', version = ''] = key.split('/');
      // One that has run out meanwhile is gone.
      if (stored !== null) entries.push({ key, kind, version, stored });
    }
  }
  return entries;
}

async function keep(cache: Cache, key: string, body: string): Promise<void> {
  await eventually(`${key} is written`, () => cache.set(key, fromJson(body), KEEP_MS));
}

/** What follows version, expiry and MAC. */
const bodyOf = (stored: string): string => stored.slice(stored.indexOf('{'));

function turn(body: string): string {
  const changed = turned.reduce(
    (text, [from, to]) => (body.includes(from) ? text.replace(from, to) : text),
    body,
  );
  if (changed === body) throw new Error(`nothing to turn in ${body}`);
  return changed;
}

/** About what this applicant makes the service ask, of each kind that is kept. */
function subjectsOf({ submission }: Applicant): (readonly [kind: string, subject: string])[] {
  const { enterprise, patents, consents = [] } = submission;
  return [
    ...patents.flatMap(({ number, appraised }): [string, string][] => [
      ['register', number],
      ['annuity', number],
      ...(appraised === undefined ? [] : [['appraisal', number] as [string, string]]),
    ]),
    ['enterprise', enterprise.uscc],
    ['listings', enterprise.uscc],
    ...consents.map(({ id }) => ['bureau', `${enterprise.uscc}/${id}`] as const),
  ];
}
