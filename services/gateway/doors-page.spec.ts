// Holds docs/streams-and-webhooks.md to the program: its addresses and queries, both ways.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHttp, createLogger, createMetrics, type Door } from '@saidao/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { StreamPlaces } from './stream/places.ts';
import { streamDoor } from './stream/stream.door.ts';
import { FeedWatch } from './stream/watch.ts';
import { webhooksDoor } from './webhooks/webhooks.door.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/streams-and-webhooks.md'), 'utf8');
const sectionOf = (title: string) =>
  new RegExp(`## ${title}\\n([^]*?)(?:\\n## |$)`).exec(page)?.[1] ?? '';
const told = (section: string) =>
  [...section.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, name]) => name as string);

interface Route {
  readonly roles: readonly string[];
  readonly query: readonly string[];
}
const routes = new Map<string, Route>();

beforeAll(async () => {
  const nobody = () => Promise.reject(new Error('nobody is asked'));
  const feed = { places: nobody, page: nobody };
  const stream = streamDoor({
    ...{ feed, watch: new FeedWatch(feed, () => undefined), heartbeatMs: 1, streamMsMax: 1 },
    places: new StreamPlaces({ ofOne: 1, ofAll: 1 }),
  });
  const webhooks = webhooksDoor({
    webhooks: new Proxy({} as never, { get: () => nobody }),
    ...{ post: nobody, faultOf: nobody, key: 'k', ofLenderMax: 1, rotationMs: 1 },
    ...{ nowMs: () => 0, onDue: () => undefined },
  });
  const watched: Door = async (app) => {
    app.addHook('onRoute', ({ method, url, config, schema }) => {
      if (method === 'HEAD') return;
      const query = (schema?.querystring ?? {}) as { readonly properties?: object };
      routes.set(`${String(method)} ${url}`, {
        roles: config?.roles ?? [],
        query: Object.keys(query.properties ?? {}),
      });
    });
    for (const door of [stream, webhooks]) await door(app);
  };
  const http = await createHttp({
    name: 'gateway',
    logger: createLogger({ service: 'gateway', level: 'silent' }),
    metrics: createMetrics({ service: 'gateway' }),
    health: { alive: () => undefined, notReady: async () => [] },
    doors: [watched],
  });
  await http.close();
});

describe('docs/streams-and-webhooks.md', () => {
  it('has every address, and no other', () => {
    const all = [...told(sectionOf('Webhooks')), 'GET /v1/decisions/stream'];
    expect(all.toSorted()).toEqual([...routes.keys()].toSorted());
    expect(page).toContain('`GET /v1/decisions/stream`');
  });

  it('has every query of the stream, and no other', () => {
    const { query = [] } = routes.get('GET /v1/decisions/stream') ?? {};
    expect(told(sectionOf('The stream')).toSorted()).toEqual([...query].toSorted());
  });

  it('says rightly who may: no channel a stream, readers and operators a webhook', () => {
    for (const [route, { roles }] of routes) {
      expect(roles, route).not.toContain('channel');
      if (route.includes('webhooks')) expect(roles).toEqual(['reader', 'operator']);
    }
  });
});
