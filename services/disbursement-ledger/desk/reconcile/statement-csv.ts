// The rail's statement as CSV: RFC 4180, UTF-8, one header line, one line for each movement.
import { fenMax, isBusinessDate, type BusinessDate, type Fen } from '@saidao/values';
import { dayOfInstant } from '../instants.ts';
import {
  fenOrNull,
  LINES_MAX,
  StatementFault,
  type Statement,
  type StatementLine,
} from './statement.ts';

/** In any order. Of `paidAt` and `valueDate` one is needed, of `amount` and `amountFen` too. */
export const csvColumns = [
  'valueDate',
  'bookingDate',
  'paidAt',
  'railReference',
  'payoutId',
  'endToEndId',
  'lenderId',
  'payee',
  'amount',
  'amountFen',
  'currency',
  'status',
] as const;
type Column = (typeof csvColumns)[number];

const needed: readonly (readonly Column[])[] = [
  ['valueDate', 'paidAt'],
  ['railReference', 'payoutId'],
  ['amount', 'amountFen'],
  ['currency'],
];
const statuses = { paid: 'booked', pending: 'pending', returned: 'booked' } as const;
const CELL_CHARACTERS_MAX = 500;

/**
 * `amount` is yuan with two decimals, `amountFen` whole fen, both above zero; `paidAt` an instant
 * with its zone. `status` left out is `paid`; `returned` is money that came back. A field with a
 * comma, a quote or a line break is quoted, a quote in it doubled. What is otherwise is a
 * StatementFault.
 */
export function readCsvStatement(text: string): Statement {
  const [header, ...records] = recordsOf(text.replace(/^\uFEFF/, ''));
  const columns = columnsOf(header?.cells ?? []);
  if (records.length > LINES_MAX) throw new StatementFault(`It has more than ${LINES_MAX} lines.`);
  const cells = records.map((record) => cellsOf(record, columns));
  const accounts = new Set(cells.flatMap(({ of }) => (of.lenderId ? [of.lenderId] : [])));
  return {
    format: 'csv',
    lines: cells.map(lineOf),
    accounts: [...accounts],
    since: null,
    until: null,
  };
}

interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

interface Cells {
  readonly place: string;
  readonly of: Readonly<Partial<Record<Column, string>>>;
}

function columnsOf(names: readonly string[]): readonly Column[] {
  const unknown = names.filter((name) => !(csvColumns as readonly string[]).includes(name));
  const lacks = needed.find((some) => !some.some((name) => names.includes(name)));
  if (unknown.length === 0 && lacks === undefined && new Set(names).size === names.length) {
    return names as Column[];
  }
  const why =
    unknown.length > 0
      ? `${shown(unknown[0]!)} is no column`
      : lacks === undefined
        ? 'a column is there twice'
        : `${lacks.join(' or ')} is left out`;
  throw new StatementFault(
    `The first line is no header of a statement: ${why}. Columns are ${csvColumns.join(',')}.`,
  );
}

function cellsOf({ line, cells }: CsvRecord, columns: readonly Column[]): Cells {
  const place = `line ${line}`;
  if (cells.length !== columns.length) {
    throw new StatementFault(
      `${place}: it has ${cells.length} fields instead of ${columns.length}.`,
    );
  }
  return { place, of: Object.fromEntries(columns.map((name, at) => [name, cells[at]!])) };
}

function lineOf({ place, of: cell }: Cells): StatementLine {
  const { railReference = '', payoutId = '', endToEndId = '', payee = '' } = cell;
  const { currency = '', status = 'paid', bookingDate = '' } = cell;
  const fault = (says: string) => new StatementFault(`${place}: ${says}.`);
  if (bookingDate !== '' && !isBusinessDate(bookingDate)) {
    throw fault(`bookingDate ${shown(bookingDate)} is no date: it has to be YYYY-MM-DD`);
  }
  if (!/^[A-Z]{3}$/.test(currency)) {
    throw fault(`currency ${shown(currency)} is none: it has to be three letters, as CNY`);
  }
  if (!Object.hasOwn(statuses, status)) {
    throw fault(`status ${shown(status)} is none of ${Object.keys(statuses).join(', ')}`);
  }
  const amountFen = amountOf(cell, fault);
  return {
    place,
    valueDate: valueDateOf(cell, fault),
    bookingDate: bookingDate || null,
    railReference: railReference || null,
    references: [payoutId, railReference, endToEndId].filter((one) => one !== ''),
    payee: payee || null,
    amountFen: status === 'returned' ? -amountFen : amountFen,
    currency,
    status: statuses[status as keyof typeof statuses],
  };
}

type Fault = (says: string) => StatementFault;

function valueDateOf({ valueDate, paidAt = '' }: Cells['of'], fault: Fault): BusinessDate {
  if (valueDate !== undefined) {
    if (isBusinessDate(valueDate)) return valueDate;
    throw fault(`valueDate ${shown(valueDate)} is no date: it has to be YYYY-MM-DD`);
  }
  const day = dayOfInstant(paidAt);
  if (day !== null) return day;
  throw fault(`paidAt ${shown(paidAt)} is no instant: it has to be as 2026-11-20T02:00:00Z`);
}

function amountOf({ amount, amountFen = '' }: Cells['of'], fault: Fault): Fen {
  if (amount !== undefined) {
    if (!/^\d{1,17}\.\d\d$/.test(amount) || !/[1-9]/.test(amount)) {
      throw fault(`amount ${shown(amount)} is no amount in yuan above zero, as 1234.50`);
    }
    const fen = fenOrNull(amount);
    if (fen === null) throw fault(`amount ${shown(amount)} is above the largest amount`);
    return fen;
  }
  if (/^[1-9]\d{0,18}$/.test(amountFen) && BigInt(amountFen) <= fenMax) return BigInt(amountFen);
  throw fault(`amountFen ${shown(amountFen)} is no whole number of fen above zero`);
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
