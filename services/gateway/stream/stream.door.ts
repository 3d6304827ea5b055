// The stream of decisions: server-sent events from the feed, for those without Kafka.
import { finished, Readable } from 'node:stream';
import { topics } from '@saidao/schemas';
import {
  HttpError,
  mayActFor,
  principalOf,
  REVIEWERS,
  Type,
  type Door,
  type DoorApp,
  type Principal,
} from '@saidao/worker';
import type { Feed, FeedPlace } from '../ports.ts';
import { follow } from './follow.ts';
import type { StreamPlaces } from './places.ts';
import type { FeedWatch } from './watch.ts';

export interface StreamDoorOptions {
  readonly feed: Pick<Feed, 'page'>;
  readonly watch: FeedWatch;
  readonly places: StreamPlaces;
  readonly heartbeatMs: number;
  /** After so long a stream is ended, so that its reader shows again who it is. */
  readonly streamMsMax: number;
  readonly onEvent?: () => void;
}

/** A stream that is ended has so long to send what it has begun: its reader may take nothing. */
const ENDED_MS_MAX = 1_000;

/** Not a channel's: decisions say what a lender's policy made of its facts. */
export const streamReaders = ['reader', ...REVIEWERS, 'auditor', 'operator'] as const;

const Word = Type.String({ minLength: 1, maxLength: 64 });
const NUMBER = '^(?:0|[1-9]\\d{0,17})$';

export const typesOf = (text: string | undefined): readonly string[] | undefined => {
  const types = text?.split(',');
  const strange = types?.find((type) => !topics.decisions.events.some((one) => one === type));
  if (strange === undefined) return types;
  throw wrong('type', `has to name events of decisions: ${topics.decisions.events.join(', ')}`);
};

const question = Type.Object(
  {
    lender: Type.Optional(
      Type.String({ ...Word, description: 'Left out: the only lender of the principal.' }),
    ),
    type: Type.Optional(
      Type.String({
        maxLength: 400,
        description: 'Events, with commas between them, as LoanApproved,LoanDeclined.',
      }),
    ),
    product: Type.Optional(Word),
    applicationId: Type.Optional(Word),
    lastEventId: Type.Optional(
      Type.String({
        pattern: NUMBER,
        description: 'As the header Last-Event-ID, which comes first; 0: all that is kept.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** GET /v1/decisions/stream. */
export function streamDoor(options: StreamDoorOptions): Door {
  const { feed, watch, places, heartbeatMs, streamMsMax, onEvent } = options;
  return (app: DoorApp) => {
    const open = new Set<AbortController>();
    let stopping = false;
    // Streams are requests that run: the server would wait for them.
    app.addHook('preClose', async () => {
      stopping = true;
      for (const stream of open) stream.abort();
    });

    app.get(
      '/v1/decisions/stream',
      {
        exposeHeadRoute: false,
        config: { roles: [...streamReaders], stream: true, refuses: [404, 410] },
        schema: {
          operationId: 'streamDecisions',
          summary: 'Decisions as they come, as server-sent events',
          description:
            'Each event has its number in the lender’s feed as id, its type as event, and as data ' +
            'a CloudEvent in JSON. Resumes after Last-Event-ID; without one it begins now.',
          tags: ['decisions'],
          querystring: question,
          produces: ['text/event-stream'],
          response: {
            200: Type.Unsafe<Readable>({
              type: 'string',
              description: 'A stream that goes on until it is ended.',
            }),
          },
        },
      },
      async (request, reply) => {
        const principal = principalOf(request);
        const { lender, type, product, applicationId, lastEventId } = request.query;
        const lenderId = lenderOf(principal, lender);
        const filter = {
          types: typesOf(type),
          productId: product,
          applicationId,
          channels: principal.channels,
        };
        const giveBack = places.take(principal.principal);
        if (giveBack === undefined) {
          const message = 'Too many streams are open: end one, or come back later.';
          throw new HttpError(429, 'SAIDAO_HTTP_TOO_MANY', message, { retryAfterS: 10 });
        }
        const stream = new AbortController();
        const { signal } = stream;
        const ending = setTimeout(() => stream.abort(), streamMsMax);
        let cutting: NodeJS.Timeout | undefined;
        signal.addEventListener('abort', () => {
          cutting = setTimeout(() => reply.raw.destroy(), ENDED_MS_MAX);
        });
        open.add(stream);
        // Told of it too where the reader has left before.
        finished(reply.raw, () => {
          stream.abort();
          clearTimeout(ending);
          clearTimeout(cutting);
          open.delete(stream);
          giveBack();
        });
        if (stopping) stream.abort();
        const named = request.headers['last-event-id'] || lastEventId;
        const after = placeAfter(String(named ?? ''), await watch.look(lenderId));
        const following = { feed, watch, lenderId, after, filter, heartbeatMs, signal };
        return reply
          .type('text/event-stream')
          .headers({
            'cache-control': 'no-store',
            // Proxies pass on at once what comes, and no connection outlives its stream.
            'x-accel-buffering': 'no',
            connection: 'close',
          })
          .send(
            Readable.from(follow({ ...following, ...(onEvent && { onEvent }) }), {
              objectMode: false,
            }),
          );
      },
    );
  };
}

/** Throws 400 where it has to be named, 404 where it may not be seen. */
export function lenderOf(principal: Principal, named: string | undefined): string {
  const [only, ...others] = principal.lenders;
  if (named === undefined) {
    if (only !== undefined && others.length === 0) return only;
    throw wrong('lender', 'has to be named: the principal acts for several');
  }
  if (mayActFor(principal, named)) return named;
  throw new HttpError(404, 'SAIDAO_HTTP_NOT_FOUND', 'There is no such lender.');
}

function placeAfter(named: string, { last, dropped }: FeedPlace): bigint {
  if (named === '') return last;
  if (!new RegExp(NUMBER).test(named)) throw wrong('lastEventId', 'has to be a number of the feed');
  const after = BigInt(named);
  if (after === 0n) return dropped;
  if (after >= dropped && after <= last) return after;
  const message =
    after > last
      ? `The feed has no event ${after}: begin anew with lastEventId=0.`
      : `Events up to ${dropped} are kept no more: begin anew with lastEventId=0, and read what ` +
        'came before from the topic.';
  throw new HttpError(410, 'SAIDAO_FEED_GONE', message);
}

export function wrong(path: string, message: string): HttpError {
  return new HttpError(400, 'SAIDAO_HTTP_INVALID', 'The request is not as it must be.', {
    faults: [{ path, code: 'FORM', message }],
  });
}
