// The rail's statement as CSV: RFC 4180, UTF-8, one header line, one line for each movement.
import { fenMax, isBusinessDate } from '@saidao/values';
import { LINES_MAX, StatementFault, type Statement, type StatementLine } from './statement.ts';

/** In this order; nothing may be left out or added. */
export const csvColumns = [
  'valueDate',
  'bookingDate',
  'railReference',
  'payoutId',
  'payee',
  'amountFen',
  'currency',
  'status',
] as const;
type Column = (typeof csvColumns)[number];

const statuses = { paid: 'booked', pending: 'pending', returned: 'booked' } as const;
const CELL_CHARACTERS_MAX = 500;

/**
 * Amounts are whole fen above zero; `returned` is money that came back. A field with a comma, a
 * quote or a line break is quoted, a quote in it doubled. Anything else is a StatementFault.
 */
export function readCsvStatement(text: string): Statement {
  const [header, ...records] = recordsOf(text.replace(/^\uFEFF/, ''));
  const columns = header?.cells.join(',') ?? '';
  if (columns !== csvColumns.join(',')) {
    throw new StatementFault(
      `The first line is no header of a statement: it has to be ${csvColumns.join(',')}.`,
    );
  }
  if (records.length > LINES_MAX) throw new StatementFault(`It has more than ${LINES_MAX} lines.`);
  return { format: 'csv', lines: records.map(lineOf), since: null, until: null };
}

interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

function lineOf({ line, cells }: CsvRecord): StatementLine {
  const place = `line ${line}`;
  const fault = (says: string) => new StatementFault(`${place}: ${says}.`);
  if (cells.length !== csvColumns.length) {
    throw fault(`it has ${cells.length} fields instead of ${csvColumns.length}`);
  }
  const cell = Object.fromEntries(csvColumns.map((name, at) => [name, cells[at]])) as Record<
    Column,
    string
  >;
  for (const name of ['valueDate', 'bookingDate'] as const) {
    const isLeftOut = name === 'bookingDate' && cell[name] === '';
    if (!isLeftOut && !isBusinessDate(cell[name])) {
      throw fault(`${name} ${shown(cell[name])} is no date: it has to be YYYY-MM-DD`);
    }
  }
  if (!/^[1-9]\d{0,18}$/.test(cell.amountFen) || BigInt(cell.amountFen) > fenMax) {
    throw fault(`amountFen ${shown(cell.amountFen)} is no whole number of fen above zero`);
  }
  if (!/^[A-Z]{3}$/.test(cell.currency)) {
    throw fault(`currency ${shown(cell.currency)} is none: it has to be three letters, as CNY`);
  }
  if (!Object.hasOwn(statuses, cell.status)) {
    throw fault(`status ${shown(cell.status)} is none of ${Object.keys(statuses).join(', ')}`);
  }
  const amountFen = BigInt(cell.amountFen);
  return {
    place,
    valueDate: cell.valueDate,
    bookingDate: cell.bookingDate || null,
    railReference: cell.railReference || null,
    references: [cell.payoutId, cell.railReference].filter((one) => one !== ''),
    payee: cell.payee || null,
    amountFen: cell.status === 'returned' ? -amountFen : amountFen,
    currency: cell.currency,
    status: statuses[cell.status as keyof typeof statuses],
  };
}

/** Fields and lines; an empty last line is none. */
function recordsOf(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  // A quoted field, or one without quotes and separators, and what ends it.
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  let cells: string[] = [];
  let line = 1;
  let begunAt = 1;
  while (field.lastIndex < text.length || cells.length > 0) {
    const found = field.exec(text);
    if (found === null) throw new StatementFault(`line ${line}: a quote stands where none may.`);
    const [whole, quoted, plain = '', end] = found;
    const cell = quoted?.replaceAll('""', '"') ?? plain;
    if (cell.length > CELL_CHARACTERS_MAX) {
      throw new StatementFault(
        `line ${line}: a field is longer than ${CELL_CHARACTERS_MAX} characters.`,
      );
    }
    cells.push(cell);
    line += whole.split('\n').length - 1;
    if (end === ',') continue;
    records.push({ line: begunAt, cells });
    cells = [];
    begunAt = line;
  }
  return records;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
