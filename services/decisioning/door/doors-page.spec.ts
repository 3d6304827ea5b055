// Holds docs/doors.md to the program: the same addresses, roles and causes, both ways.
import { takenKeysInMemory } from '@saidao/testkit';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryBroker } from '@saidao/event-log';
import { createHttp, createLogger, createMetrics, type Door } from '@saidao/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { decisioningDoor } from '../door.ts';
import { refusals } from '../review/refusals.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/doors.md'), 'utf8');
const section = /## Reviews\n([^]*?)\n## /.exec(page)?.[1] ?? '';

interface Route {
  readonly name: string;
  readonly roles: readonly string[];
}

const routes: Route[] = [];

beforeAll(async () => {
  const nothing = async () => undefined;
  const door = decisioningDoor({
    log: new MemoryBroker().connect(),
    partitions: 1,
    decisions: { find: nothing },
    takenKeys: takenKeysInMemory(),
    reviews: {
      queue: async () => ({ reviews: [], next: null }),
      reviewOf: nothing,
      outcomeOf: nothing,
      evidenceOf: nothing,
    },
    reasonCodes: [],
    clock: () => 0,
  });
  const watched: Door = (app) => {
    app.addHook('onRoute', ({ method, url, config }) => {
      if (method !== 'HEAD')
        routes.push({ name: `${String(method)} ${url}`, roles: config?.roles ?? [] });
    });
    return door(app);
  };
  const http = await createHttp({
    name: 'decisioning',
    logger: createLogger({ service: 'decisioning', level: 'silent' }),
    metrics: createMetrics({ service: 'decisioning' }),
    health: { alive: () => undefined, notReady: async () => [] },
    doors: [watched],
  });
  await http.close();
});

const rolesOf = (name: string) => routes.find((route) => route.name === name)?.roles.toSorted();

describe('docs/doors.md', () => {
  it('lists the addresses of reviews and evidence', () => {
    const written = [...section.matchAll(/^\| `((?:GET|POST) \/v1\/[^`]+)`/gm)].map(([, name]) =>
      String(name),
    );
    expect(written.toSorted()).toEqual(routes.map(({ name }) => name).toSorted());
  });

  it('says of each role what it may do', () => {
    const [head, , ...rows] = (/## Who may do what\n\n([^]*?)\n\n/.exec(page)?.[1] ?? '')
      .split('\n')
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    const rolesIn = (column: string) =>
      rows
        .filter((row) => row[head?.indexOf(column) ?? -1] === 'yes')
        .map(([role]) => String(role).replaceAll('`', ''))
        .toSorted();
    const one = '/v1/reviews/:applicationId';
    for (const name of ['GET /v1/reviews', `GET ${one}`, 'GET /v1/review-outcomes/:actionId']) {
      expect(rolesIn('queue and outcomes')).toEqual(rolesOf(name));
    }
    for (const path of ['claim', 'return', 'verdict', 'notes', 'amend']) {
      expect(rolesIn('claim, verdict, note, amend')).toEqual(rolesOf(`POST ${one}/${path}`));
    }
    expect(rolesIn('reassign')).toEqual(rolesOf(`POST ${one}/reassign`));
    expect(rolesIn('undo')).toEqual(rolesOf(`POST ${one}/undo`));
    expect(rolesIn('evidence')).toEqual(rolesOf('GET /v1/decisions/:applicationId'));
  });

  it('lists the causes for which nothing comes of an action', () => {
    const written = [...section.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, cause]) =>
      String(cause),
    );
    expect(written).toEqual(Object.keys(refusals));
  });
});
