// JSON for other programs: whole numbers that no double holds as text, bytes as base64.

export function plainJson(value: unknown): string {
  return JSON.stringify(value, function plain(this: unknown, key: string, given: unknown) {
    // Buffers have a toJSON of their own, so the original is looked at.
    const original = (this as Record<string, unknown>)[key];
    if (Buffer.isBuffer(original)) return original.toString('base64');
    return typeof given === 'bigint' ? given.toString() : given;
  });
}
