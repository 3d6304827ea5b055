// The door of webhooks: who is to be told, what was sent, and what is to be sent once more.
import { randomBytes } from 'node:crypto';
import { uuidV7 } from '@saidao/values';
import {
  HttpError,
  mayActFor,
  principalOf,
  Type,
  type Door,
  type DoorApp,
  type Principal,
} from '@saidao/worker';
import type { FastifyRequest } from 'fastify';
import { lenderOf, wrong } from '../stream/stream.door.ts';
import { secretsOf } from './deliver.ts';
import type { Post, Webhook, Webhooks } from './ports.ts';
import { secretOf, signedHeaders } from './secrets.ts';
import {
  ChangedWebhook,
  deliveryView,
  DeliveryView,
  FEED_NUMBER,
  NewWebhook,
  Replay,
  Trial,
  webhookView,
  WebhookView,
  WebhookWithSecret,
} from './views.door.ts';

export interface WebhooksDoorOptions {
  readonly webhooks: Webhooks;
  readonly post: Post;
  /** What is wrong with a URL; undefined: nothing. */
  readonly faultOf: (url: string) => Promise<string | undefined>;
  readonly key: string;
  readonly ofLenderMax: number;
  /** How long the secret before a rotation signs too. */
  readonly rotationMs: number;
  readonly nowMs: () => number;
  /** Something may be due. */
  readonly onDue: () => void;
}

const PAGE_MAX = 100;
const REPLAYED_MAX = 10_000;
const roles = ['reader', 'operator'] as const;
const owners = { config: { roles, refuses: [404] as const } };
const tags = ['webhooks'];
const params = Type.Object({ id: Type.String({ pattern: '^wh_[0-9a-f-]{36}$' }) });

/** Routes below /v1/webhooks. */
export function webhooksDoor(options: WebhooksDoorOptions): Door {
  const { webhooks, post, faultOf, key, nowMs, onDue } = options;

  const own = async (request: FastifyRequest, id: string): Promise<Webhook> => {
    const principal = ownerOf(request);
    const found = await webhooks.find(id);
    if (found !== undefined && mayActFor(principal, found.lenderId)) return found;
    throw notFound();
  };
  const checked = async (url: string): Promise<void> => {
    const fault = await faultOf(url);
    if (fault === undefined) return;
    throw new HttpError(422, 'SAIDAO_HTTP_INVALID', 'The request is not as it must be.', {
      faults: [{ path: 'url', code: 'ADDRESS', message: fault }],
    });
  };

  return (app: DoorApp) => {
    app.post(
      '/v1/webhooks',
      {
        config: { roles, refuses: [404, 409] },
        schema: {
          operationId: 'createWebhook',
          summary: 'Registers a webhook and shows its secret',
          description:
            'A lender has one webhook for an address and what it is told of: a request that comes ' +
            'again is answered 409, with the id of the one that there is.',
          tags,
          body: NewWebhook,
          response: { 201: WebhookWithSecret },
        },
      },
      async (request, reply) => {
        const principal = ownerOf(request);
        const { lender, url, types, product, applicationId } = request.body;
        const lenderId = lenderOf(principal, lender);
        await checked(url);
        const createdAtMs = nowMs();
        const webhook: Webhook = {
          ...{ id: `wh_${uuidV7(createdAtMs, randomBytes(10))}`, lenderId, url },
          ...{ types: types ?? null, productId: product ?? null },
          applicationId: applicationId ?? null,
          ...{ disabled: null, generation: 1, previousUntilMs: null, failingSinceMs: null },
          ...{ createdBy: principal.principal, createdAtMs },
        };
        const created = await webhooks.create(webhook, options.ofLenderMax);
        if (created.kind === 'alike') throw alikeTo(created.id);
        if (created.kind === 'full') {
          const message = `The lender has ${options.ofLenderMax} webhooks already: remove one.`;
          throw new HttpError(409, 'SAIDAO_WEBHOOKS_FULL', message);
        }
        reply.code(201).header('location', `/v1/webhooks/${webhook.id}`);
        return { ...webhookView(webhook), secret: secretOf(key, webhook.id, 1) };
      },
    );

    app.get(
      '/v1/webhooks',
      {
        ...owners,
        schema: {
          operationId: 'listWebhooks',
          summary: 'The webhooks of the principal’s lenders',
          tags,
          response: { 200: Type.Object({ webhooks: Type.Array(WebhookView) }) },
        },
      },
      async (request) => {
        const found = await webhooks.ofLenders(ownerOf(request).lenders);
        return { webhooks: found.map(webhookView) };
      },
    );

    app.get(
      '/v1/webhooks/:id',
      {
        ...owners,
        schema: {
          operationId: 'readWebhook',
          ...{ summary: 'One webhook', tags, params },
          response: { 200: WebhookView },
        },
      },
      async (request) => webhookView(await own(request, request.params.id)),
    );

    app.patch(
      '/v1/webhooks/:id',
      {
        config: { roles, refuses: [404, 409] },
        schema: {
          operationId: 'changeWebhook',
          ...{ summary: 'Changes a webhook, or enables it again', tags, params },
          body: ChangedWebhook,
          response: { 200: WebhookView },
        },
      },
      async (request) => {
        const { id } = request.params;
        const { url, types, product, applicationId, enabled } = request.body;
        const old = await own(request, id);
        if (url !== undefined) await checked(url);
        const changed = {
          url: url ?? old.url,
          types: types === undefined ? old.types : types,
          productId: product === undefined ? old.productId : product,
          applicationId: applicationId === undefined ? old.applicationId : applicationId,
          disabled: enabled === undefined ? old.disabled : enabled ? null : ('OFF' as const),
        };
        const done = await webhooks.change(id, changed, nowMs());
        if (done.kind === 'alike') throw alikeTo(done.id);
        onDue();
        return webhookView(await own(request, id));
      },
    );

    app.delete(
      '/v1/webhooks/:id',
      {
        ...owners,
        schema: {
          operationId: 'removeWebhook',
          ...{ summary: 'Removes a webhook, with what it has not been told', tags, params },
          response: { 204: Type.Null({ description: 'It is gone.' }) },
        },
      },
      async (request, reply) => {
        await own(request, request.params.id);
        await webhooks.remove(request.params.id);
        return reply.code(204).send(null);
      },
    );

    app.post(
      '/v1/webhooks/:id/rotate',
      {
        ...owners,
        schema: {
          operationId: 'rotateWebhook',
          summary: 'Makes a new secret; for a time the one before signs too',
          ...{ tags, params },
          response: { 200: WebhookWithSecret },
        },
      },
      async (request) => {
        const { id } = request.params;
        await own(request, id);
        const rotated = await webhooks.rotate(id, nowMs() + options.rotationMs);
        if (rotated === undefined) throw notFound();
        return { ...webhookView(rotated), secret: secretOf(key, id, rotated.generation) };
      },
    );

    app.get(
      '/v1/webhooks/:id/deliveries',
      {
        ...owners,
        schema: {
          operationId: 'listDeliveries',
          summary: 'What was sent, or is to be, in the order of the feed',
          ...{ tags, params },
          querystring: Type.Object(
            {
              status: Type.Optional(
                Type.Union(['pending', 'delivered', 'failed'].map((one) => Type.Literal(one))),
              ),
              after: Type.Optional(FEED_NUMBER),
            },
            { additionalProperties: false },
          ),
          response: {
            200: Type.Object({
              deliveries: Type.Array(DeliveryView),
              next: Type.Union([Type.String(), Type.Null()], {
                description: 'For `after`, where there is more.',
              }),
            }),
          },
        },
      },
      async (request) => {
        const { id } = request.params;
        await own(request, id);
        const { status, after = '0' } = request.query;
        const found = await webhooks.deliveries({
          ...{ webhookId: id, after: BigInt(after), limit: PAGE_MAX },
          status: status as 'pending' | undefined,
        });
        const last = found.length === PAGE_MAX ? found.at(-1) : undefined;
        return {
          deliveries: found.map(deliveryView),
          next: last === undefined ? null : String(last.number),
        };
      },
    );

    app.post(
      '/v1/webhooks/:id/replay',
      {
        ...owners,
        schema: {
          operationId: 'replayWebhook',
          summary: 'Sends events once more, under the ids that they had',
          description:
            'From a number of the feed, since a time, one, or what has failed; at most ' +
            `${REPLAYED_MAX} at once: where \`next\` is not null, go on from there. For what has ` +
            'failed it is always null: ask again until no events are left.',
          ...{ tags, params },
          body: Replay,
          response: {
            202: Type.Object({
              events: Type.Integer({ description: 'How many are to be sent.' }),
              next: Type.Union([Type.String(), Type.Null()]),
            }),
          },
        },
      },
      async (request, reply) => {
        const webhook = await own(request, request.params.id);
        const { from, since, number, failed } = request.body;
        const fromMs = since === undefined ? undefined : Date.parse(since);
        if (Number.isNaN(fromMs)) throw wrong('since', 'has to be a time');
        const question = {
          ...{ fromMs, failed, limit: REPLAYED_MAX },
          from: from === undefined ? undefined : BigInt(from),
          only: number === undefined ? undefined : BigInt(number),
        };
        const { count, next } = await webhooks.replay(webhook, question, nowMs());
        onDue();
        reply.code(202);
        return { events: count, next: next === null ? null : String(next) };
      },
    );

    app.post(
      '/v1/webhooks/:id/test',
      {
        ...owners,
        schema: {
          operationId: 'testWebhook',
          summary: 'Sends a test event now, and says what became of it',
          ...{ tags, params },
          response: { 200: Trial },
        },
      },
      async (request) => {
        const webhook = await own(request, request.params.id);
        const atMs = nowMs();
        const id = `test_${uuidV7(atMs, randomBytes(10))}`;
        const body = JSON.stringify({
          ...{ specversion: '1.0', id, source: 'saidao/gateway', type: 'WebhookTested' },
          ...{ time: new Date(atMs).toISOString(), datacontenttype: 'application/json' },
          ...{ lenderid: webhook.lenderId, data: {} },
        });
        const headers = signedHeaders({ id, body, atMs }, secretsOf(key, webhook, atMs));
        const answered = await post(webhook.url, headers, body);
        const isAnswered = answered.kind === 'answered';
        return {
          delivered: isAnswered && answered.code >= 200 && answered.code < 300,
          messageId: id,
          code: isAnswered ? answered.code : null,
          answer: isAnswered ? answered.answer : null,
          fault: isAnswered ? null : answered.fault,
        };
      },
    );
  };
}

function notFound(): HttpError {
  return new HttpError(404, 'SAIDAO_HTTP_NOT_FOUND', 'There is no such webhook.');
}

function alikeTo(id: string): HttpError {
  const message =
    `${id} has this address already and is told of the same: change it, or rotate its secret ` +
    'to be shown one.';
  return new HttpError(409, 'SAIDAO_WEBHOOK_EXISTS', message);
}

/** A webhook is told of all channels, so nobody has one who may see but some. */
function ownerOf(request: FastifyRequest): Principal {
  const principal = principalOf(request);
  if (principal.channels === undefined) return principal;
  const message = 'A principal of some channels alone has no webhooks.';
  throw new HttpError(403, 'SAIDAO_HTTP_FORBIDDEN', message);
}
