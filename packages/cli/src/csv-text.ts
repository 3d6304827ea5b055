// CSV for other programs: RFC 4180, a header, lines that end in a line feed.

/** Rows as lines of text; a cell with a comma, a quote or a line break is quoted. */
export function csvLines(rows: readonly (readonly (string | number | null)[])[]): string[] {
  return rows.map((row) => row.map(cell).join(','));
}

function cell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
