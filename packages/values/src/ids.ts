// Time-ordered identifiers (UUID version 7) made from a given instant and given random bytes.

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const randomBytes = 10;
/** Looked up, as an id is made for every call and application. */
const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * The UUID version 7 (RFC 9562) of an instant and ten random bytes.
 *
 * Time and randomness come in as data, so that a decision that makes an id can be repeated.
 */
export function uuidV7(nowMs: number, random: Uint8Array): string {
  if (!Number.isSafeInteger(nowMs) || nowMs < 0 || nowMs >= 2 ** 48) {
    throw new RangeError(`instant ${nowMs} does not fit 48 bits of whole milliseconds`);
  }
  if (random.length !== randomBytes) {
    throw new RangeError(`uuidV7 needs ${randomBytes} random bytes, not ${random.length}`);
  }
  const time = nowMs.toString(16).padStart(12, '0');
  const hex = (at: number, mask = 0xff, mark = 0): string =>
    hexOf[mark | ((random[at] ?? 0) & mask)] ?? '';
  return (
    `${time.slice(0, 8)}-${time.slice(8)}-${hex(0, 0x0f, 0x70)}${hex(1)}-` +
    `${hex(2, 0x3f, 0x80)}${hex(3)}-${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(8)}${hex(9)}`
  );
}

/** Whether the text is a UUID in its canonical spelling (lower case, hyphens): one id, one key. */
export function isUuid(text: unknown): text is string {
  return typeof text === 'string' && uuidForm.test(text);
}
