// The outside world as one Fastify app: four providers over one book, and the routes that control them.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { type Static, Type } from 'typebox';
import { Behaviour, createBehaviours, modesOf } from './behaviour.ts';
import { type BookEntry, openBook, type Recorder } from './book.ts';
import { createGuarantor, Institution } from './guarantor.ts';
import { createPayoutRail } from './payout-rail.ts';
import { createPledgeOffice } from './pledge-office.ts';
import { createRegister, SeededPatent } from './register.ts';
import { exactly, Problem } from './wire.ts';

export interface OutsideWorldOptions {
  /** Folder of the book; made where it is missing. */
  readonly dataFolder: string;
  /** How long the pledge office takes over a registration. */
  readonly pledgeOfficeMs: number;
  readonly now?: () => number;
  readonly logger?: FastifyBaseLogger;
}

const seedItemsMax = 5_000;
const seedBytesMax = 8 * 1024 * 1024;

/** Many at once: all of them are on disk, with one flush, when it is answered. */
export const WorldSeed = exactly({
  patents: Type.Array(SeededPatent, { maxItems: seedItemsMax }),
  institutions: Type.Array(Institution, { maxItems: seedItemsMax }),
});
export type WorldSeed = Static<typeof WorldSeed>;

const count = Type.Integer({ minimum: 0 });
const Seeded = exactly({ patents: count, institutions: count });

/** Opens the book and builds the app; closing the app hangs up on everybody and closes the book. */
export async function buildOutsideWorld(options: OutsideWorldOptions): Promise<FastifyInstance> {
  const { dataFolder, pledgeOfficeMs, now = Date.now, logger } = options;
  const book = await openBook(dataFolder);
  const app = Fastify({
    ...(logger === undefined ? {} : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 64 * 1024,
    routerOptions: { maxParamLength: 800 },
    // A provider told to be silent must not hold up the stop.
    forceCloseConnections: true,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } },
  });

  const recorder: Recorder = {
    record(entry) {
      book.append(entry);
      for (const part of parts) part.apply(entry);
      tell(app.log, entry);
    },
    flushed: () => book.flushed(),
  };
  const surroundings = { recorder, now };
  const behaviours = createBehaviours(now);
  const register = createRegister(surroundings, behaviours);
  const office = createPledgeOffice(surroundings, behaviours, register, pledgeOfficeMs);
  const guarantor = createGuarantor(surroundings, behaviours);
  const rail = createPayoutRail(surroundings, behaviours);
  const parts = [register, office, guarantor, rail];

  for (const entry of book.entries) for (const part of parts) part.apply(entry);
  office.resume();

  app.setErrorHandler<Error & { code?: string; statusCode?: number }>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) request.log.error({ err: error }, 'a request failed');
    return reply
      .code(status)
      .send({ error: error.code ?? 'failed', message: error.message } satisfies Problem);
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      error: 'route-unknown',
      message: `There is no ${request.method} ${request.url.split('?')[0] ?? ''} here.`,
    } satisfies Problem),
  );
  app.addHook('preClose', async () => {
    behaviours.close();
    office.close();
  });
  app.addHook('onClose', () => book.close());

  for (const part of parts) part.routes(app);
  controlRoutes(app);
  return app;

  function controlRoutes(plain: FastifyInstance): void {
    const typed = plain.withTypeProvider<TypeBoxTypeProvider>();
    const failures = { '4xx': Problem, '5xx': Problem };
    typed.put(
      '/control/behaviour',
      { schema: { body: Behaviour, response: { 200: Behaviour, ...failures } } },
      async ({ body }, reply) => {
        const possible = modesOf[body.provider];
        if (!possible.includes(body.mode)) {
          return reply.code(400).send({
            error: 'mode-unknown-here',
            message: `The ${body.provider} cannot be ${body.mode}; it can be ${possible.join(', ')}.`,
          });
        }
        behaviours.set(body);
        app.log.info(body, 'behaviour set');
        return body;
      },
    );
    typed.post(
      '/control/seed',
      {
        bodyLimit: seedBytesMax,
        schema: { body: WorldSeed, response: { 200: Seeded, ...failures } },
      },
      async ({ body: { patents, institutions } }) => {
        for (const { number, ...patent } of patents) {
          recorder.record({ type: 'patent-seeded', number, patent });
        }
        for (const { name, confirms } of institutions) {
          recorder.record({ type: 'institution-seeded', name, confirms });
        }
        await recorder.flushed();
        return { patents: patents.length, institutions: institutions.length };
      },
    );
    typed.post(
      '/control/reset',
      { schema: { response: { 200: exactly({ status: Type.Literal('empty') }), ...failures } } },
      async () => {
        book.clear();
        behaviours.clear();
        for (const part of parts) part.clear();
        await book.flushed();
        app.log.info('the outside world is empty again');
        return { status: 'empty' as const };
      },
    );
    typed.get(
      '/healthz',
      { schema: { response: { 200: exactly({ status: Type.Literal('ok') }), ...failures } } },
      async () => {
        await book.flushed();
        return { status: 'ok' as const };
      },
    );
  }
}

/** Names of enterprises and persons stay out of the log. */
function tell(log: FastifyBaseLogger, entry: BookEntry): void {
  switch (entry.type) {
    case 'payout-paid':
      log.info(
        { payoutId: entry.payout.payoutId, amountFen: entry.payout.amountFen },
        'money moved',
      );
      break;
    case 'payout-rejected':
      log.info({ payoutId: entry.payout.payoutId }, 'payout rejected');
      break;
    case 'pledge-registered':
    case 'pledge-refused':
    case 'pledge-released':
      log.info({ registrationId: entry.registrationId }, entry.type.replace('-', ' '));
      break;
    case 'patent-seeded':
    case 'institution-seeded':
    case 'registration-filed':
    case 'confirmation-given':
      log.debug({ type: entry.type }, 'entered in the book');
      break;
  }
}
