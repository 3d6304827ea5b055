// A broken invariant: what our own program must never do; its lane stops, and nothing is skipped.
import { sqlStateOf } from './database.ts';
import { codeOfConstraint, errors, isErrorCode, type ErrorCode } from './errors.ts';

/**
 * The SQLSTATE by which a line's own triggers say it (`using errcode = 'SD001'`). Whom it concerns
 * may stand in the error's detail: `{"lenderId": …, "applicationId": …}`; a constraint that is named
 * like a code gives the code.
 */
export const BROKEN_INVARIANT_SQLSTATE = 'SD001';

const CODE = 'SAIDAO_INVARIANT';

/** Whom a broken invariant concerns, as far as it is known. */
export interface Concerned {
  readonly lenderId?: string | undefined;
  readonly applicationId?: string | undefined;
}

interface Options {
  readonly cause?: unknown;
  readonly code?: ErrorCode;
}

/**
 * Thrown by `decide` or `record` where going on would do harm: never halved or dead-lettered, and
 * done again but twice. A fault of an event is none: another error makes a dead letter of that.
 */
export class BrokenInvariant extends Error implements Concerned {
  readonly code: ErrorCode;
  readonly lenderId: string | undefined;
  readonly applicationId: string | undefined;

  constructor(message: string, concerned: Concerned = {}, options: Options = {}) {
    super(message, options);
    this.name = 'BrokenInvariant';
    this.code = options.code ?? CODE;
    this.lenderId = concerned.lenderId;
    this.applicationId = concerned.applicationId;
  }
}

/**
 * The broken invariant that an error tells of, or undefined for another error. Known by its code,
 * since a domain file cannot name the class.
 */
export function brokenInvariantOf(
  error: unknown,
  concerned: Concerned = {},
): BrokenInvariant | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code: own } = error as { code?: unknown };
  const isTold = typeof own === 'string' && isErrorCode(own) && stopsLane(own);
  const code = isTold ? own : codeOfConstraint(error);
  const isBroken =
    sqlStateOf(error) === BROKEN_INVARIANT_SQLSTATE || (code !== undefined && stopsLane(code));
  if (!isBroken) return undefined;
  const said = isTold ? (error as Concerned) : concernedBy(error as { detail?: unknown });
  return new BrokenInvariant(
    error.message,
    {
      lenderId: said.lenderId ?? concerned.lenderId,
      applicationId: said.applicationId ?? concerned.applicationId,
    },
    { cause: error, ...(code !== undefined && { code }) },
  );
}

const stopsLane = (code: ErrorCode): boolean => errors[code].disposition === 'stop-lane';

function concernedBy({ detail }: { readonly detail?: unknown }): Concerned {
  try {
    const said = JSON.parse(String(detail)) as Record<string, unknown> | null;
    return { lenderId: textOf(said?.['lenderId']), applicationId: textOf(said?.['applicationId']) };
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
