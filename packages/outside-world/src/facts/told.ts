// What the providers that only answer have in common: facts by their key, asked for and told.
import type { FastifyInstance } from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { Behaviours, Provider } from '../behaviour.ts';
import type { BookEntry } from '../book.ts';
import {
  type Answer,
  exactly,
  JSON_TYPE,
  Name,
  type Part,
  Problem,
  type Surroundings,
} from '../wire.ts';

/** Facts by key, with the text in which each is told. */
export interface Told<Fact extends object> {
  find(key: string): Fact | undefined;
  set(key: string, fact: Fact): void;
  delete(key: string): void;
  clear(): void;
  /** The answer about a key as of now, in JSON; undefined where nothing is known. */
  say(key: string, nowMs: number): string | undefined;
}

/** `keyName` is what the key is called in answers. */
export function createTold<Fact extends object>(keyName: string): Told<Fact> {
  const facts = new Map<string, Fact>();
  // Made once for each fact and not for each request: a bench asks for thousands a second.
  const texts = new Map<string, string>();
  return {
    find: (key) => facts.get(key),
    set(key, fact) {
      facts.set(key, fact);
      texts.delete(key);
    },
    delete(key) {
      facts.delete(key);
      texts.delete(key);
    },
    clear() {
      facts.clear();
      texts.clear();
    },
    say(key, nowMs) {
      const fact = facts.get(key);
      if (fact === undefined) return undefined;
      let text = texts.get(key);
      if (text === undefined) {
        text = openTextOf({ [keyName]: key, ...fact });
        texts.set(key, text);
      }
      return withInstant(text, nowMs);
    },
  };
}

/** JSON of the facts, as of an instant. */
export const sayOnce = (facts: object, nowMs: number): string =>
  withInstant(openTextOf(facts), nowMs);

/** Without its last brace. */
const openTextOf = (facts: object): string => JSON.stringify(facts).slice(0, -1);
const withInstant = (openText: string, nowMs: number): string =>
  `${openText},"asOf":"${new Date(nowMs).toISOString()}"}`;

export interface Asking {
  readonly provider: Provider;
  /** Ends in the name of the key: `/annuities/:number`. */
  readonly path: string;
  /** The answer in JSON; undefined where nothing is known of the key. */
  readonly say: (key: string) => string | undefined;
  readonly unknown: (key: string) => Answer<never>;
  /** How long each answer takes. */
  readonly delayMs?: number;
}

/** The route by which one asks about a key. */
export function askRoute(
  app: FastifyInstance,
  { recorder }: Surroundings,
  behaviours: Behaviours,
  { provider, path, say, unknown, delayMs = 0 }: Asking,
): void {
  const keyName = keyNameOf(path);
  const schema = { params: exactly({ [keyName]: Name }), response: failures };
  app.get<{ Params: Record<string, string> }>(path, { schema }, async ({ params }, reply) => {
    const key = params[keyName] ?? '';
    return behaviours.perform(reply, {
      provider,
      subjects: [key],
      act: async () => {
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
        const body = say(key);
        await recorder.flushed();
        return body === undefined ? unknown(key) : { status: 200, body };
      },
    });
  });
}

export interface Telling<Body extends TSchema> {
  /** Ends in the name of the key, as the path by which one asks. */
  readonly path: string;
  readonly key: TSchema;
  readonly body: Body;
  readonly entryOf: (key: string, body: Static<Body>) => BookEntry;
  readonly say: (key: string) => string | undefined;
}

/** The route by which the world is told what is so; it answers what is said from now on. */
export function tellRoute<Body extends TSchema>(
  app: FastifyInstance,
  { recorder }: Surroundings,
  { path, key: keySchema, body: bodySchema, entryOf, say }: Telling<Body>,
): void {
  const keyName = keyNameOf(path);
  const schema = {
    params: exactly({ [keyName]: keySchema }),
    body: bodySchema,
    response: failures,
  };
  app.put<{ Params: Record<string, string>; Body: Static<Body> }>(
    path,
    { schema },
    async ({ params, body }, reply) => {
      const key = params[keyName] ?? '';
      recorder.record(entryOf(key, body as Static<Body>));
      await recorder.flushed();
      return reply.header('content-type', JSON_TYPE).send(say(key));
    },
  );
}

export interface Knowledge<Fact extends object, Body extends TSchema> {
  readonly provider: Provider;
  /** Both end in the name of the key: `/annuities/:number`. */
  readonly askPath: string;
  readonly tellPath: string;
  readonly key: TSchema;
  readonly body: Body;
  readonly entryOf: (key: string, body: Static<Body>) => BookEntry;
  /** What an entry of the book says of a key; undefined: nothing that belongs here. */
  readonly factOf: (entry: BookEntry) => readonly [key: string, fact: Fact] | undefined;
  readonly unknown: (key: string) => Answer<never>;
}

export interface FactPart<Fact extends object> extends Part {
  find(key: string): Fact | undefined;
}

/** A whole provider that only knows what it was told. */
export function createFactPart<Fact extends object, Body extends TSchema>(
  surroundings: Surroundings,
  behaviours: Behaviours,
  knowledge: Knowledge<Fact, Body>,
): FactPart<Fact> {
  const { provider, askPath, tellPath, key, body, entryOf, factOf, unknown } = knowledge;
  const told = createTold<Fact>(keyNameOf(askPath));
  const say = (about: string) => told.say(about, surroundings.now());
  return {
    find: told.find,
    apply(entry) {
      const found = factOf(entry);
      if (found !== undefined) told.set(...found);
    },
    clear: told.clear,
    routes(app) {
      askRoute(app, surroundings, behaviours, { provider, path: askPath, say, unknown });
      tellRoute(app, surroundings, { path: tellPath, key, body, entryOf, say });
    },
  };
}

const failures = { '4xx': Problem, '5xx': Problem };
const keyNameOf = (path: string): string => path.slice(path.lastIndexOf(':') + 1);
