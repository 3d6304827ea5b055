// The outside world as one Fastify app: its providers over one book, and the routes that control them.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { businessDateOf, type BusinessDate } from '@saidao/values';
import { Type } from 'typebox';
import { Behaviour, createBehaviours, modesOf } from './behaviour.ts';
import { type BookEntry, openBook, type Recorder } from './book.ts';
import { createAnnuity } from './facts/annuity.ts';
import { createCreditBureau } from './facts/credit-bureau.ts';
import { createEnterpriseRegistry } from './facts/enterprise-registry.ts';
import { createPersons } from './facts/persons.ts';
import { createPersonsBureau } from './facts/persons-bureau.ts';
import { createRegister } from './facts/register.ts';
import { createTalents } from './facts/talents.ts';
import { createValuation } from './facts/valuation.ts';
import { createWatchlists } from './facts/watchlists.ts';
import { createGuarantor } from './guarantor.ts';
import { createPledgeOffice } from './pledge-office.ts';
import type { CallbackTarget } from './rail/callbacks.ts';
import { createPayoutRail } from './rail/payout-rail.ts';
import { entriesOf, Seeded, WorldSeed } from './seed.ts';
import { exactly, Problem } from './wire.ts';

export interface OutsideWorldOptions {
  /** Folder of the book; made where it is missing. */
  readonly dataFolder: string;
  /** How long the pledge office takes over a registration. */
  readonly pledgeOfficeMs: number;
  /** How long the register takes over each answer; left out: no time. */
  readonly registerDelayMs?: number;
  /** The pledge office counts annuities as of this day; left out: as of the day it is. */
  readonly businessDate?: BusinessDate;
  /** Whom the payout rail calls back; left out: nobody, until it is told. */
  readonly payoutCallback?: CallbackTarget;
  readonly now?: () => number;
  readonly logger?: FastifyBaseLogger;
}

const seedBytesMax = 8 * 1024 * 1024;

/** Opens the book and builds the app; closing the app hangs up on everybody and closes the book. */
export async function buildOutsideWorld(options: OutsideWorldOptions): Promise<FastifyInstance> {
  const { dataFolder, pledgeOfficeMs, registerDelayMs = 0, businessDate } = options;
  const { now = Date.now, logger, payoutCallback } = options;
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
  const register = createRegister(surroundings, behaviours, registerDelayMs);
  const annuity = createAnnuity(surroundings, behaviours);
  const office = createPledgeOffice(surroundings, behaviours, {
    register,
    annuity,
    pledgeOfficeMs,
    today: () => businessDate ?? businessDateOf(now()),
  });
  const guarantor = createGuarantor(surroundings, behaviours);
  const rail = createPayoutRail(surroundings, behaviours, payoutCallback);
  const valuation = createValuation(surroundings, behaviours);
  const registry = createEnterpriseRegistry(surroundings, behaviours);
  const watchlists = createWatchlists(surroundings, behaviours);
  const bureau = createCreditBureau(surroundings, behaviours);
  const ofPersons = [
    createPersons(surroundings, behaviours),
    createPersonsBureau(surroundings, behaviours),
    createTalents(surroundings, behaviours),
  ];
  const asked = [register, annuity, valuation, registry, watchlists, bureau, ...ofPersons];
  const parts = [...asked, office, guarantor, rail];

  for (const entry of book.entries) for (const part of parts) part.apply(entry);
  office.resume();
  rail.resume();

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
    rail.close();
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
        // Without the subject: it may be a person's number.
        app.log.info({ provider: body.provider, mode: body.mode }, 'behaviour set');
        return body;
      },
    );
    typed.post(
      '/control/seed',
      {
        bodyLimit: seedBytesMax,
        schema: { body: WorldSeed, response: { 200: Seeded, ...failures } },
      },
      async ({ body }) => {
        for (const entry of entriesOf(body)) recorder.record(entry);
        await recorder.flushed();
        const { patents, institutions, appraisals = [], enterprises = [] } = body;
        const { persons = [], talents = [] } = body;
        return {
          patents: patents.length,
          institutions: institutions.length,
          appraisals: appraisals.length,
          enterprises: enterprises.length,
          persons: persons.length,
          talents: talents.length,
        };
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
    case 'annuity-seeded':
    case 'appraisal-seeded':
    case 'enterprise-seeded':
    case 'listings-seeded':
    case 'bureau-file-seeded':
    case 'person-seeded':
    case 'person-file-seeded':
    case 'talent-seeded':
    case 'institution-seeded':
    case 'registration-filed':
    case 'confirmation-given':
    case 'callback-owed':
    case 'callback-taken':
      log.debug({ type: entry.type }, 'entered in the book');
      break;
  }
}
