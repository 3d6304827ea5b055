// The rail's statement of a lender's day, as CSV and as camt.053: what it really moved, in its words.
import { businessDateOf, formatYuan, type BusinessDate } from '@saidao/values';
import type { MovedPayout } from './payout-rail.ts';

export const statementFormats = ['csv', 'camt053'] as const;
export type StatementFormat = (typeof statementFormats)[number];

export interface Statement {
  readonly lenderId: string;
  readonly date: BusinessDate;
  /** In the order in which they were paid. */
  readonly payouts: readonly MovedPayout[];
}

/** The payouts of a lender whose money moved on that day in Shanghai. */
export function statementOf(
  lenderId: string,
  date: BusinessDate,
  all: Iterable<MovedPayout>,
): Statement {
  const payouts = [...all].filter(
    (payout) => payout.lenderId === lenderId && businessDateOf(Date.parse(payout.paidAt)) === date,
  );
  return { lenderId, date, payouts };
}

const COLUMNS = [
  'railReference',
  'payoutId',
  'endToEndId',
  'lenderId',
  'payee',
  'amount',
  'currency',
  'paidAt',
] as const;

/** RFC 4180 with a header, lines end in CR LF; amounts in yuan with two decimals. */
export function statementCsv({ payouts }: Statement): string {
  const rows = payouts.map((payout) => {
    const told = { ...payout, endToEndId: payout.endToEndId ?? '', amount: yuanOf(payout) };
    return COLUMNS.map((column) => quoted(told[column])).join(',');
  });
  return [COLUMNS.join(','), ...rows].map((line) => `${line}\r\n`).join('');
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * ISO 20022 camt.053.001.08: one statement of the lender's account, one booked debit for each
 * payout. InstrId is the payout's id and EndToEndId what the lender gave along with it; both may be
 * longer than the 35 characters of the standard, which this rail does not shorten.
 */
export function statementCamt(statement: Statement, createdAt: string): string {
  const { lenderId, date, payouts } = statement;
  const totalFen = payouts.reduce((sum, { amountFen }) => sum + BigInt(amountFen), 0n);
  const total = formatYuan(totalFen);
  const balance = (code: string, amount: string, side: string) =>
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">${amount}</Amt>` +
    `<CdtDbtInd>${side}</CdtDbtInd><Dt><Dt>${date}</Dt></Dt></Bal>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">',
    '<BkToCstmrStmt>',
    `<GrpHdr><MsgId>${escaped(lenderId)}-${date}</MsgId><CreDtTm>${createdAt}</CreDtTm></GrpHdr>`,
    `<Stmt><Id>${escaped(lenderId)}-${date}</Id><CreDtTm>${createdAt}</CreDtTm>`,
    `<Acct><Id><Othr><Id>${escaped(lenderId)}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>`,
    balance('OPBD', '0.00', 'CRDT'),
    balance('CLBD', total, 'DBIT'),
    `<TxsSummry><TtlDbtNtries><NbOfNtries>${payouts.length}</NbOfNtries>` +
      `<Sum>${total}</Sum></TtlDbtNtries></TxsSummry>`,
    ...payouts.map((payout) => entryOf(payout, date)),
    '</Stmt>',
    '</BkToCstmrStmt>',
    '</Document>',
    '',
  ].join('\n');
}

function entryOf(payout: MovedPayout, date: BusinessDate): string {
  const { payoutId, endToEndId, payee, railReference, paidAt } = payout;
  const amount = `<Amt Ccy="CNY">${yuanOf(payout)}</Amt><CdtDbtInd>DBIT</CdtDbtInd>`;
  return (
    `<Ntry>${amount}<Sts><Cd>BOOK</Cd></Sts>` +
    `<BookgDt><DtTm>${paidAt}</DtTm></BookgDt><ValDt><Dt>${date}</Dt></ValDt>` +
    `<AcctSvcrRef>${escaped(railReference)}</AcctSvcrRef>` +
    '<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>' +
    `<NtryDtls><TxDtls><Refs><InstrId>${escaped(payoutId)}</InstrId>` +
    `<EndToEndId>${escaped(endToEndId ?? 'NOTPROVIDED')}</EndToEndId></Refs>${amount}` +
    `<RltdPties><Cdtr><Pty><Nm>${escaped(payee)}</Nm></Pty></Cdtr></RltdPties>` +
    '</TxDtls></NtryDtls></Ntry>'
  );
}

const yuanOf = ({ amountFen }: MovedPayout): string => formatYuan(BigInt(amountFen));

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Control characters, which no XML may hold, are left out. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/(?![\t\n\r])\p{Cc}/gu, '')
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
