// A line's name is part of SQL text and topic names, so its form is narrow.

/** Throws unless the name is lower-case letters, digits, underscores, a letter first. */
export function assertLineName(name: string): void {
  if (!/^[a-z][a-z0-9_]{0,30}$/.test(name)) {
    throw new Error(`"${name}" cannot name a line: use lower-case letters, digits, underscores.`);
  }
}
