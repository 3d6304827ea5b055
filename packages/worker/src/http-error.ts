// Refusals of a door: a status, a stable code, and the path of each fault.
import type { ErrorCode } from './errors.ts';

/** What is wrong with one place of a request, as `enterprise.revenue[2].amount`. */
export interface RequestFault {
  readonly path: string;
  readonly code: string;
  /** Never quotes what was sent. */
  readonly message: string;
}

export interface HttpErrorOptions {
  readonly faults?: readonly RequestFault[];
  /** Sent as Retry-After, in seconds. */
  readonly retryAfterS?: number;
  readonly cause?: unknown;
}

/** Thrown in a route; answered as `{ error: { code, message, faults } }`. */
export class HttpError extends Error {
  readonly statusCode: number;
  readonly code: ErrorCode;
  readonly faults: readonly RequestFault[];
  readonly retryAfterS: number | undefined;

  constructor(
    statusCode: number,
    code: ErrorCode,
    message: string,
    options: HttpErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HttpError';
    this.statusCode = statusCode;
    this.code = code;
    this.faults = options.faults ?? [];
    this.retryAfterS = options.retryAfterS;
  }
}

/** 503: nothing was taken, or it is not known; the same request may be sent again. */
export function unavailable(message: string, cause?: unknown): HttpError {
  const options = { retryAfterS: 2, ...(cause !== undefined && { cause }) };
  return new HttpError(503, 'SAIDAO_HTTP_UNAVAILABLE', message, options);
}

interface SchemaFault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message?: string | undefined;
  readonly params: Record<string, unknown>;
}

const FAULTS_MAX = 100;
const CODES: Readonly<Record<string, string>> = {
  required: 'REQUIRED',
  additionalProperties: 'UNKNOWN_FIELD',
  unevaluatedProperties: 'UNKNOWN_FIELD',
  type: 'TYPE',
  enum: 'VALUE',
  const: 'VALUE',
  pattern: 'FORM',
  format: 'FORM',
  minLength: 'LENGTH',
  maxLength: 'LENGTH',
  minItems: 'LENGTH',
  maxItems: 'LENGTH',
  minimum: 'RANGE',
  maximum: 'RANGE',
  exclusiveMinimum: 'RANGE',
  exclusiveMaximum: 'RANGE',
  multipleOf: 'RANGE',
  uniqueItems: 'REPEATED',
};

/** The faults that Ajv found, each with its path; `part` is `body`, `querystring`, `params` … */
export function faultsOfValidation(
  found: readonly SchemaFault[],
  part: string,
): readonly RequestFault[] {
  const faults: RequestFault[] = [];
  const seen = new Set<string>();
  for (const fault of withoutAlternatives(found)) {
    const fitted = faultOf(fault, part === 'body' ? '' : part);
    const key = `${fitted.path} ${fitted.code} ${fitted.message}`;
    if (seen.has(key)) continue;
    seen.add(key);
    faults.push(fitted);
    if (faults.length === FAULTS_MAX) break;
  }
  return faults;
}

/** Of a union only what its branches say is worth telling, and not that null would do too. */
function withoutAlternatives(found: readonly SchemaFault[]): readonly SchemaFault[] {
  const isUnion = ({ keyword }: SchemaFault) => keyword === 'anyOf' || keyword === 'oneOf';
  const unions = new Set(found.filter(isUnion).map(({ instancePath }) => instancePath));
  const kept = found.filter(
    (fault) =>
      !isUnion(fault) &&
      !(
        unions.has(fault.instancePath) &&
        fault.keyword === 'type' &&
        fault.params['type'] === 'null'
      ),
  );
  return kept.length > 0 ? kept : found;
}

function faultOf(fault: SchemaFault, prefix: string): RequestFault {
  const named = fault.params['missingProperty'] ?? fault.params['additionalProperty'];
  const segments = fault.instancePath
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (typeof named === 'string') segments.push(named);
  const code = CODES[fault.keyword] ?? 'FORM';
  const message =
    code === 'REQUIRED'
      ? 'is missing'
      : code === 'UNKNOWN_FIELD'
        ? 'is not a field that is known here'
        : (fault.message ?? 'is not as it must be');
  return { path: pathOf(segments, prefix), code, message };
}

/** `['patents', '0', 'number']` → `patents[0].number`. */
export function pathOf(segments: readonly string[], prefix = ''): string {
  let path = prefix;
  for (const segment of segments) {
    if (/^\d+$/.test(segment)) path += `[${segment}]`;
    else path += path === '' ? segment : `.${segment}`;
  }
  return path.slice(0, 200);
}

const DEPTH_MAX = 32;

/**
 * What JSON lets through and the line could not keep: U+0000, half surrogate pairs, numbers that
 * have lost digits, and nesting without end.
 */
export function faultsOfJson(value: unknown): readonly RequestFault[] {
  const faults: RequestFault[] = [];
  const visit = (item: unknown, segments: readonly string[]): void => {
    if (faults.length === FAULTS_MAX) return;
    const tell = (code: string, message: string) =>
      void faults.push({ path: pathOf(segments), code, message });
    if (typeof item === 'string') {
      if (item.includes('\0')) tell('FORM', 'holds the character U+0000');
      else if (!item.isWellFormed()) tell('FORM', 'holds half of a surrogate pair');
    } else if (typeof item === 'number') {
      if (Number.isInteger(item) && !Number.isSafeInteger(item)) {
        tell('RANGE', 'is beyond 2^53, where a JSON number loses digits');
      } else if (!Number.isFinite(item)) tell('RANGE', 'is beyond what a number can be');
    } else if (typeof item === 'object' && item !== null) {
      if (segments.length >= DEPTH_MAX) return tell('FORM', `is deeper than ${DEPTH_MAX} levels`);
      for (const [name, inner] of Object.entries(item)) visit(inner, [...segments, name]);
    }
  };
  visit(value, []);
  return faults;
}
