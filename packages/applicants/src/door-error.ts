// Why a door could not be used, in a sentence that whoever runs the system can act on.

export type DoorErrorCode =
  | 'not-configured'
  | 'unreachable'
  | 'refused'
  /** The submission cannot be written as an event: the caller's fault. */
  | 'no-submission';

export class DoorError extends Error {
  readonly code: DoorErrorCode;

  constructor(code: DoorErrorCode, sentence: string, options?: { cause?: unknown }) {
    super(sentence, options);
    this.name = 'DoorError';
    this.code = code;
  }
}

/** What fetch could not do, in a word. */
export function causeOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  return cause?.code ?? cause?.message ?? (error instanceof Error ? error.message : String(error));
}
