// Columns for a person's eyes.

/** Rows with their cells padded to the widest of their column; no blanks at the end of a line. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  }
  return rows.map((row) =>
    (indent + row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')).trimEnd(),
  );
}

/** Amounts under each other by their last digit. */
export function rightAligned(
  rows: readonly (readonly (string | number)[])[],
  fromColumn: number,
): string[][] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, String(cell).length)));
  }
  return rows.map((row) =>
    row.map((cell, at) => (at < fromColumn ? String(cell) : String(cell).padStart(widths[at]!))),
  );
}
