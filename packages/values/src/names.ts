// Names of enterprises and persons, as banks compare them.

/** Whether two names are one, whatever the width of a letter, its case or the blanks around it. */
export function isSameName(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(name: string): string {
  return name.normalize('NFKC').replaceAll(/\s/g, '').toUpperCase();
}
