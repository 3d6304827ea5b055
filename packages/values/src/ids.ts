// Time-ordered identifiers (UUID version 7) made from a given instant and given random bytes.

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const randomBytes = 10;

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
  const tail = Array.from(random);
  tail[0] = 0x70 | ((tail[0] ?? 0) & 0x0f);
  tail[2] = 0x80 | ((tail[2] ?? 0) & 0x3f);
  const hex =
    nowMs.toString(16).padStart(12, '0') +
    tail.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const cuts = [0, 8, 12, 16, 20, 32];
  return cuts
    .slice(1)
    .map((end, index) => hex.slice(cuts[index], end))
    .join('-');
}

/** Whether the text is a UUID in its canonical spelling (lower case, hyphens): one id, one key. */
export function isUuid(text: unknown): text is string {
  return typeof text === 'string' && uuidForm.test(text);
}
