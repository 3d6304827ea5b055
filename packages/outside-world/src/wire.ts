// The pieces of the HTTP interface that several providers share: schemas, answers and where state is kept.
import type { FastifyInstance } from 'fastify';
import { type Static, type TProperties, type TSchema, Type } from 'typebox';
import type { BookEntry, Recorder } from './book.ts';

/** An object that carries exactly these properties. */
export const exactly = <P extends TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });

export const nullOr = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

export const Problem = exactly({ error: Type.String(), message: Type.String() });
export type Problem = Static<typeof Problem>;

export const JSON_TYPE = 'application/json; charset=utf-8';

export const Name = Type.String({ minLength: 1, maxLength: 200 });
export const Identifier = Type.String({ minLength: 1, maxLength: 200 });
export const Uscc = Type.String({ pattern: '^[0-9A-Z]{18}$' });
export const PatentNumber = Type.String({ pattern: '^([0-9]{12}|[0-9]{8})\\.[0-9X]$' });
/** Money is a string of fen, so that no reader makes a float of it. */
export const Fen = Type.String({ pattern: '^[1-9][0-9]{0,17}$' });
/** The same where it may be nothing. */
export const FenFrom0 = Type.String({ pattern: '^(0|[1-9][0-9]{0,17})$' });
/** Of a resident identity card. */
export const IdNumber = Type.String({ pattern: '^[0-9]{17}[0-9X]$' });
export const DebtTier = Type.Enum(['normal', 'special-mention', 'substandard', 'doubtful', 'loss']);
export const Day = Type.String({ format: 'date' });
export const Instant = Type.String({ format: 'date-time' });
/** An entry of a public list. */
export const Listing = exactly({ reference: Name, since: Day });
/** Other headers are the transport's, so this one schema lets them pass. */
export const IdempotencyKey = Type.Object({ 'idempotency-key': Identifier });

export interface Answer<Body> {
  readonly status: number;
  /** A string is the answer's JSON as it stands. */
  readonly body: Body | Problem | string;
}

export const answer = <Body>(status: number, body: Body): Answer<Body> => ({ status, body });
export const problem = (status: number, error: string, message: string): Answer<never> => ({
  status,
  body: { error, message },
});

/** A part of the outside world: its state follows the book, its routes write the book. */
export interface Part {
  apply(entry: BookEntry): void;
  /** Forgets everything, as the emptied book does. */
  clear(): void;
  routes(app: FastifyInstance): void;
}

/** What every part is given. */
export interface Surroundings {
  readonly recorder: Recorder;
  readonly now: () => number;
}
