// Holds docs/doors.md to the program: the ledger's addresses, roles and causes, both ways.
import { takenKeysInMemory } from '@saidao/testkit';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryBroker } from '@saidao/event-log';
import {
  createHttp,
  createLogger,
  createMetrics,
  READERS,
  REVIEWERS,
  type Door,
} from '@saidao/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { businessDaysDoor } from '../days/business-days.door.ts';
import { refusals } from '../loan/actions/refusals.ts';
import { loanDoor } from '../loan/doors/loan.door.ts';
import { world } from '../loan/shipped.ts';
import { callbacksDoor } from './callbacks.door.ts';
import { ledgerDoor } from './loans.door.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/doors.md'), 'utf8');
const section = /## Loans\n([^]*?)(?:\n## |$)/.exec(page)?.[1] ?? '';

const routes = new Map<string, readonly string[]>();

beforeAll(async () => {
  const nothing = async () => undefined;
  const options = { log: new MemoryBroker().connect(), partitions: 1, clock: () => 0 };
  const doors: Door[] = [
    ledgerDoor({ find: nothing, ofApplication: async () => [] }),
    loanDoor({
      ...options,
      world,
      accounts: { find: nothing, actionsOf: async () => [] },
      takenKeys: takenKeysInMemory(),
    }),
    businessDaysDoor({
      ...options,
      days: { since: async () => null, find: async () => ({ lanesClosed: 0, digest: null }) },
    }),
    callbacksDoor({
      ...options,
      lenders: [],
      secret: `whsec_${Buffer.from('no secret of anybody at all').toString('base64')}`,
    }),
  ];
  const watched: Door = async (app) => {
    app.addHook('onRoute', ({ method, url, config }) => {
      if (method !== 'HEAD') routes.set(`${String(method)} ${url}`, config?.roles ?? []);
    });
    for (const door of doors) await door(app);
  };
  const http = await createHttp({
    name: 'disbursement-ledger',
    logger: createLogger({ service: 'disbursement-ledger', level: 'silent' }),
    metrics: createMetrics({ service: 'disbursement-ledger' }),
    health: { alive: () => undefined, notReady: async () => [] },
    doors: [watched],
  });
  await http.close();
});

/** What the page says by one word, or by the roles' own. */
function rolesOf(said: string): string[] {
  const [who = ''] = said.split(';');
  if (who === 'public') return [];
  const groups: Readonly<Record<string, readonly string[]>> = {
    readers: READERS,
    reviewers: REVIEWERS,
  };
  return who
    .split(',')
    .map((one) => one.trim().replaceAll('`', ''))
    .flatMap((one) => groups[one] ?? [one])
    .toSorted();
}

describe('docs/doors.md', () => {
  it('lists the addresses of the ledger with their roles', () => {
    const rows = section.matchAll(/^\| `((?:GET|POST) \/v1\/[^`]+)` *\| ([^|]+?) *\|/gm);
    const written = [...rows].map(([, name, said]) => [String(name), rolesOf(String(said))]);
    const known = [...routes].map(([name, roles]) => [name, roles.toSorted()]);
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(known));
  });

  it('lists the causes for which nothing comes of a repayment or an action', () => {
    const written = [...section.matchAll(/^\| `([A-Z_]+)` +\| (.+?) *\|$/gm)];
    expect(written.map(([, cause, means]) => [cause, means])).toEqual(Object.entries(refusals));
  });
});
