// The journal's own marks: what it notes of a record beside what came of it, and who may not spell them.

/** Under a record's place: it had no identity that could be read. */
export const PLACE = 'place';
/** Under a record's place: its identity came before with other bytes. */
export const OTHER_BYTES = 'other-bytes';
/** Under a record's place: somebody has given it up. */
export const GIVEN_UP = 'given-up';
const TAKEN = 'replayed:';

/** Beside its row: a door's message or a timer was taken after its first delivery. */
export function takenMark({ identity }: { readonly identity: string }): string {
  return `${TAKEN}${identity}`;
}

/** Marks stand where identities stand: a stranger's record that bore one would pass for its note. */
export function isMark(identity: string): boolean {
  return [PLACE, OTHER_BYTES, GIVEN_UP].includes(identity) || identity.startsWith(TAKEN);
}
