// Codes as people write them, made one spelling: classes of GB/T 4754 and symbols of the IPC.

const whole = /^[A-T]\d{4}$/;
const bracketed = /\(([A-T]\d{2,4})\)/;
const alone = /^\s*([A-T]\d{2,4})\s*$/;
const amidWords = /(?:^|[^A-Z0-9])([A-T]\d{4})(?![A-Z0-9])/;

/**
 * The class of GB/T 4754 that a text names: in brackets of any width, `smart locks (c3569)`, or by
 * itself, `C3569`; amid words in full only. Null where it names none: a number without its letter is
 * not sure to be one.
 */
export function industryCodeIn(text: string): string | null {
  // As registries write it.
  if (whole.test(text)) return text;
  const plain = text.normalize('NFKC').toUpperCase();
  const found = bracketed.exec(plain) ?? alone.exec(plain) ?? amidWords.exec(plain);
  return found?.[1] ?? null;
}

/** Subclass, main group and subgroup filled up with zeros: `G06N0003080000` is G06N 3/08. */
const longForm = /^([A-H]\d{2}[A-Z])(\d{4})(\d{6})$/;

const everyday = /^[A-H]\d{2}[A-Z]\d{1,4}\/\d{2,6}$/;

/** A symbol of the IPC as the tables have it, `G06N3/08`, whatever its width, case and spaces. */
export function ipcSymbolOf(text: string): string {
  // By far the most are written so, and there are several to each application.
  if (everyday.test(text)) return text;
  // The edition in brackets, as in `G06N 3/08 (2006.01)`, says nothing of the class.
  const symbol = text.normalize('NFKC').toUpperCase().replace(/\(.*/, '').replaceAll(/\s/g, '');
  const [, subclass, group, subgroup = ''] = longForm.exec(symbol) ?? [];
  if (subclass === undefined) return symbol;
  const finer = subgroup.replace(/0+$/, '').padEnd(2, '0');
  return `${subclass}${Number(group)}/${finer}`;
}
