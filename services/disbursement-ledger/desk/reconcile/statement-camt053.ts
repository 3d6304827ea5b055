// The rail's statement as ISO 20022 camt.053.001.02 or .08: booked entries, batches by their parts.
import {
  addDays,
  isBusinessDate,
  startOfBusinessDateMs,
  sumFen,
  type BusinessDate,
  type Fen,
} from '@saidao/values';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { dayOfInstant } from '../instants.ts';
import {
  fenOrNull,
  LINES_MAX,
  StatementFault,
  type Statement,
  type StatementLine,
} from './statement.ts';

type Element = Readonly<Record<string, unknown>> | string;

const lists = ['Stmt', 'Ntry', 'NtryDtls', 'TxDtls', 'Ustrd', 'Strd', 'AddtlRmtInf'];
const NESTED_MAX = 30;

// Entities stand for nothing here, and are undone below: only the five of XML and numbers.
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  removeNSPrefix: true,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: NESTED_MAX,
  isArray: (name) => lists.includes(name),
});

/**
 * Only what every statement needs of XML: a document type, entities of its own and CDATA are
 * refused. What is no statement of the two versions is a StatementFault.
 */
export function readCamtStatement(text: string): Statement {
  const version = versionOf(text);
  const document = parsed(text);
  const statements = listOf(child(child(document, 'Document'), 'BkToCstmrStmt'), 'Stmt');
  if (statements.length === 0) throw new StatementFault('It holds no BkToCstmrStmt/Stmt.');
  const lines = statements.flatMap((statement, at) =>
    listOf(statement, 'Ntry').flatMap((entry, index) =>
      linesOf(entry, `Stmt ${at + 1} Ntry ${index + 1}`),
    ),
  );
  if (lines.length > LINES_MAX) throw new StatementFault(`It has more than ${LINES_MAX} entries.`);
  const accounts = statements.map(accountOf).filter((one) => one !== null);
  const format = `camt.053.001.${version}` as const;
  return { format, lines, accounts, ...spanOfAll(statements.map(spanOf)) };
}

/** From the first to the last day of all; of none where one does not say its days. */
function spanOfAll(spans: readonly Pick<Statement, 'since' | 'until'>[]) {
  let [whole] = spans;
  for (const { since, until } of spans) {
    if (whole?.since == null || whole.until == null || since === null || until === null) {
      return { since: null, until: null };
    }
    whole = {
      since: since < whole.since ? since : whole.since,
      until: until > whole.until ? until : whole.until,
    };
  }
  return whole ?? { since: null, until: null };
}

function versionOf(text: string): '02' | '08' {
  if (/<!(?:DOCTYPE|ENTITY|\[CDATA\[)/i.test(text)) {
    throw new StatementFault('It declares a document type, entities or CDATA: that is refused.');
  }
  const odd = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)/.exec(text);
  if (odd !== null) {
    const line = text.slice(0, odd.index).split('\n').length;
    throw new StatementFault(`line ${line}: an & begins no entity that XML itself knows.`);
  }
  const form =
    /\sxmlns(?::[\w-]+)?\s*=\s*["']urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d\d)/;
  const version = form.exec(text.slice(0, 4_096))?.[1];
  if (version === '02' || version === '08') return version;
  const found = version === undefined ? 'no camt.053 at all' : `camt.053.001.${version}`;
  throw new StatementFault(`It is ${found}: camt.053.001.02 and camt.053.001.08 are read.`);
}

function parsed(text: string): Element {
  const validity = XMLValidator.validate(text);
  if (validity !== true) {
    const { msg, line } = validity.err;
    throw new StatementFault(`line ${line}: it is no XML: ${msg}`);
  }
  try {
    return parser.parse(text) as Element;
  } catch (error) {
    throw new StatementFault(`It cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

function accountOf(statement: Element): string | null {
  const id = path(statement, 'Acct', 'Id');
  return textOf(child(id, 'IBAN')) ?? textOf(path(id, 'Othr', 'Id'));
}

function spanOf(statement: Element): Pick<Statement, 'since' | 'until'> {
  const span = child(statement, 'FrToDt');
  const end = child(span, 'ToDtTm');
  const since = dayOf(child(span, 'FrDtTm'));
  const until = dayOf(end);
  // Up to midnight is not the day that begins then.
  const isOver = since !== null && until !== null && until > since && isMidnight(textOf(end) ?? '');
  return { since, until: isOver ? addDays(until, -1) : until };
}

/** In Shanghai; of a time without a zone as it is written. */
function isMidnight(text: string): boolean {
  const day = dayOfInstant(text);
  if (day === null) return /T00:00(?::00(?:\.0+)?)?$/.test(text);
  return Date.parse(text) === startOfBusinessDateMs(day);
}

function linesOf(entry: Element, place: string): StatementLine[] {
  const fault = (says: string) => new StatementFault(`${place}: ${says}.`);
  const status = codeOf(child(entry, 'Sts'));
  const isDebit = debitOf(entry, fault);
  const amount = amountOf(entry, 'Amt', fault);
  if (amount === null) throw fault('it has no Amt');
  const valueDate = dateIn(entry, 'ValDt') ?? dateIn(entry, 'BookgDt');
  if (valueDate === null) throw fault('it has neither ValDt nor BookgDt');
  // An informational entry moves nothing.
  if (status === 'INFO') return [];
  if (status !== 'BOOK' && status !== 'PDNG') throw fault(`its Sts ${shown(status)} is unknown`);
  const common = {
    valueDate,
    bookingDate: dateIn(entry, 'BookgDt'),
    status: status === 'BOOK' ? 'booked' : 'pending',
  } as const;
  const entryReference = textOf(child(entry, 'AcctSvcrRef'));
  const parts = listOf(entry, 'NtryDtls').flatMap((details) => listOf(details, 'TxDtls'));
  const signed = (fen: Fen, isOut: boolean) => (isOut ? fen : -fen);
  if (parts.length === 0) {
    return [
      {
        place,
        ...common,
        railReference: entryReference,
        references: entryReference === null ? [] : [entryReference],
        payee: null,
        amountFen: signed(amount.fen, isDebit),
        currency: amount.currency,
      },
    ];
  }
  const owns = parts.map((part) => textOf(path(part, 'Refs', 'AcctSvcrRef')));
  const lines = parts.map((part, at) => {
    const where = parts.length === 1 ? place : `${place} TxDtls ${at + 1}`;
    const own =
      amountOf(part, 'Amt', fault) ?? amountOf(path(part, 'AmtDtls', 'TxAmt'), 'Amt', fault);
    if (own === null && parts.length > 1) throw fault(`its TxDtls ${at + 1} has no amount`);
    const { fen, currency } = own ?? amount;
    const isOut = child(part, 'CdtDbtInd') === undefined ? isDebit : debitOf(part, fault);
    const reference = owns[at] ?? entryReference;
    // What parts share names none of them: two that are alike are two payments, no repetition.
    const isOfPart =
      parts.length === 1 ||
      (owns[at] !== null && owns.filter((one) => one === reference).length === 1);
    return {
      place: where,
      ...common,
      railReference: isOfPart ? reference : null,
      references: referencesOf(part, reference),
      payee: payeeOf(part),
      amountFen: signed(fen, isOut),
      currency,
    };
  });
  // A batch whose parts are of another currency is converted: what it moved is what its parts say.
  const isOneCurrency = lines.every(({ currency }) => currency === amount.currency);
  const sum = sumFen(lines.map(({ amountFen }) => amountFen));
  if (isOneCurrency && sum !== signed(amount.fen, isDebit)) {
    throw fault('its TxDtls do not sum up to its Amt');
  }
  return lines;
}

/** The keys of Refs, and free text: a payout's key is longer than the 35 characters of a Ref. */
function referencesOf(part: Element, reference: string | null): string[] {
  const refs = child(part, 'Refs');
  const names = ['AcctSvcrRef', 'InstrId', 'EndToEndId', 'TxId', 'PmtInfId', 'MsgId', 'UETR'];
  const named = names.map((name) => textOf(child(refs, name)));
  const free = listOf(child(part, 'RmtInf'), 'Ustrd').map(textOf);
  const structured = listOf(child(part, 'RmtInf'), 'Strd').map((one) =>
    textOf(path(one, 'CdtrRefInf', 'Ref')),
  );
  const all = [reference, ...named, ...free, ...structured];
  const told = all.filter((one): one is string => one !== null && one !== 'NOTPROVIDED');
  return [...new Set(told)];
}

/** The creditor's name: below Pty from version 03 on. */
function payeeOf(part: Element): string | null {
  const creditor = path(part, 'RltdPties', 'Cdtr');
  return textOf(child(creditor, 'Nm')) ?? textOf(path(creditor, 'Pty', 'Nm'));
}

function debitOf(element: Element, fault: (says: string) => StatementFault): boolean {
  const direction = textOf(child(element, 'CdtDbtInd'));
  if (direction !== 'DBIT' && direction !== 'CRDT') {
    throw fault(`its CdtDbtInd ${shown(direction)} is neither DBIT nor CRDT`);
  }
  return direction === 'DBIT';
}

function amountOf(
  parent: Element | undefined,
  name: string,
  fault: (says: string) => StatementFault,
): { fen: Fen; currency: string } | null {
  const amount = child(parent, name);
  if (amount === undefined) return null;
  const text = textOf(amount) ?? '';
  const currency = textOf(child(amount, '@Ccy')) ?? '';
  if (!/^[A-Z]{3}$/.test(currency)) throw fault(`its ${name} has no currency`);
  // ISO 20022 allows up to five decimals; those beyond the fen have to be zeros.
  const plain = /^\d{1,17}(?:\.\d{1,2}0{0,3})?$/.test(text)
    ? text.replace(/(\.\d\d)0+$/, '$1')
    : '';
  if (plain === '') throw fault(`its ${name} ${shown(text)} is no amount to the fen`);
  const fen = fenOrNull(plain);
  if (fen === null) throw fault(`its ${name} ${shown(text)} is above the largest amount`);
  return { fen, currency };
}

function dateIn(entry: Element, name: string): BusinessDate | null {
  const date = child(entry, name);
  return dayOf(child(date, 'Dt')) ?? dayOf(child(date, 'DtTm'));
}

/** A day, or that of an instant in Shanghai; of a time without a zone the day that is written. */
function dayOf(element: Element | undefined): BusinessDate | null {
  const text = textOf(element) ?? '';
  const day = text.slice(0, 10);
  return dayOfInstant(text) ?? (isBusinessDate(day) ? day : null);
}

/** A status: its text in version 02, its Cd since. */
function codeOf(element: Element | undefined): string | null {
  return textOf(child(element, 'Cd')) ?? textOf(element);
}

function path(element: Element | undefined, ...names: readonly string[]): Element | undefined {
  return names.reduce<Element | undefined>((at, name) => child(at, name), element);
}

function child(element: Element | undefined, name: string): Element | undefined {
  if (typeof element !== 'object' || !Object.hasOwn(element, name)) return undefined;
  const found = element[name];
  // What may come once came twice: which one is meant is not ours to guess.
  if (Array.isArray(found)) {
    throw new StatementFault(`It has ${found.length} ${name} where only one may stand.`);
  }
  return found as Element;
}

function listOf(element: Element | undefined, name: string): Element[] {
  if (typeof element !== 'object' || !Object.hasOwn(element, name)) return [];
  return element[name] as Element[];
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function textOf(element: Element | undefined): string | null {
  const text = typeof element === 'object' ? element['#text'] : element;
  if (typeof text !== 'string' || text === '') return null;
  return text.replace(/&(#x)?(#)?(\w+);/g, (_, hex, decimal, name: string) => {
    if (hex === undefined && decimal === undefined) return entities[name] ?? '';
    const point = parseInt(name, hex === undefined ? 10 : 16);
    return point > 0 && point <= 0x10_ff_ff ? String.fromCodePoint(point) : '\uFFFD';
  });
}

const shown = (text: string | null) => (text === null ? 'left out' : JSON.stringify(text));
