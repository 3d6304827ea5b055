// A statement's texts for specs: CSV lines, and camt.053 of both versions.

const HEADER = 'valueDate,bookingDate,railReference,payoutId,payee,amountFen,currency,status';

export const csvOf = (...lines: readonly string[]): string => [HEADER, ...lines, ''].join('\n');

export interface CamtPart {
  readonly amount?: string;
  readonly currency?: string;
  readonly refs?: string;
  readonly payee?: string;
  readonly free?: string;
}

export interface CamtEntry {
  readonly amount: string;
  readonly currency?: string;
  readonly direction?: string;
  readonly status?: string;
  readonly reference?: string;
  readonly day?: string;
  readonly parts?: readonly CamtPart[];
}

/** Of one statement; `version` 02 or 08, whose forms differ. */
export function camtOf(version: '02' | '08', entries: readonly CamtEntry[], span = ''): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.${version}">`,
    '<BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-21T00:00:00+08:00</CreDtTm></GrpHdr>',
    `<Stmt><Id>S1</Id>${span}<Acct><Id><Othr><Id>czb-hz</Id></Othr></Id></Acct>`,
    ...entries.map((entry) => camtEntry(version, entry)),
    '</Stmt></BkToCstmrStmt></Document>',
  ].join('\n');
}

function camtEntry(version: '02' | '08', entry: CamtEntry): string {
  const { amount, currency = 'CNY', direction = 'DBIT', status = 'BOOK', parts = [] } = entry;
  const { reference, day = '2026-11-20' } = entry;
  return [
    `<Ntry><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${direction}</CdtDbtInd>`,
    version === '02' ? `<Sts>${status}</Sts>` : `<Sts><Cd>${status}</Cd></Sts>`,
    `<BookgDt><Dt>${day}</Dt></BookgDt><ValDt><Dt>${day}</Dt></ValDt>`,
    reference === undefined ? '' : `<AcctSvcrRef>${reference}</AcctSvcrRef>`,
    parts.length === 0 ? '' : `<NtryDtls>${parts.map((one) => camtPart(version, one)).join('')}`,
    parts.length === 0 ? '</Ntry>' : '</NtryDtls></Ntry>',
  ].join('');
}

function camtPart(version: '02' | '08', part: CamtPart): string {
  const { amount, currency = 'CNY', refs = '', payee, free } = part;
  const money = amount === undefined ? '' : `<Amt Ccy="${currency}">${amount}</Amt>`;
  const name = payee === undefined ? '' : `<Nm>${payee}</Nm>`;
  const creditor = version === '02' ? name : `<Pty>${name}</Pty>`;
  return [
    `<TxDtls><Refs>${refs}</Refs>`,
    version === '02' && money !== '' ? `<AmtDtls><TxAmt>${money}</TxAmt></AmtDtls>` : money,
    payee === undefined ? '' : `<RltdPties><Cdtr>${creditor}</Cdtr></RltdPties>`,
    free === undefined ? '' : `<RmtInf><Ustrd>${free}</Ustrd></RmtInf>`,
    '</TxDtls>',
  ].join('');
}
