// A rail's statement as camt.053 of both versions: what is read, and hostile XML that is refused.
import { describe, expect, it } from 'vitest';
import { reconcile, type OurPayout } from './match.ts';
import { readCamtStatement } from './statement-camt053.ts';
import { camtOf, type CamtEntry } from './statement.fixture.ts';
import { StatementFault } from './statement.ts';

const ENTRY: CamtEntry = {
  amount: '62000000.00',
  reference: 'R2026112000000001',
  parts: [{ refs: '<EndToEndId>e1</EndToEndId>', payee: '甲 &amp; &#x4e59;', free: 'a/1' }],
};
const SPAN =
  '<FrToDt><FrDtTm>2026-11-19T00:00:00+08:00</FrDtTm>' +
  '<ToDtTm>2026-11-20T23:59:59+08:00</ToDtTm></FrToDt>';

describe.each(['02', '08'] as const)('a statement as camt.053.001.%s', (version) => {
  const read = (...entries: readonly CamtEntry[]) => readCamtStatement(camtOf(version, entries));

  it('has a line for each entry, and says its days', () => {
    expect(readCamtStatement(camtOf(version, [ENTRY], SPAN))).toEqual({
      format: `camt.053.001.${version}`,
      accounts: ['czb-hz'],
      since: '2026-11-19',
      until: '2026-11-20',
      lines: [
        {
          place: 'Stmt 1 Ntry 1',
          valueDate: '2026-11-20',
          bookingDate: '2026-11-20',
          railReference: 'R2026112000000001',
          references: ['R2026112000000001', 'e1', 'a/1'],
          payee: '甲 & 乙',
          amountFen: 6_200_000_000n,
          currency: 'CNY',
          status: 'booked',
        },
      ],
    });
  });

  it('may have no entries and no days', () => {
    expect(read()).toMatchObject({ lines: [], since: null, until: null });
  });

  it('has a line for each part of a batch', () => {
    const parts = [
      { amount: '1.00', refs: '<AcctSvcrRef>R1</AcctSvcrRef>', payee: '甲', free: 'a/1' },
      { amount: '2.5', refs: '<AcctSvcrRef>R2</AcctSvcrRef>', payee: '乙', free: 'a/2' },
    ];
    expect(read({ amount: '3.50', parts }).lines).toMatchObject([
      { place: 'Stmt 1 Ntry 1 TxDtls 1', amountFen: 100n, railReference: 'R1', payee: '甲' },
      { place: 'Stmt 1 Ntry 1 TxDtls 2', amountFen: 250n, railReference: 'R2', payee: '乙' },
    ]);
    expect(() => read({ amount: '3.51', parts })).toThrow('do not sum up to its Amt');
  });

  it('tells like parts of one entry apart, whose reference is none of their own', () => {
    const part = {
      amount: '100.00',
      refs: '<EndToEndId>e1</EndToEndId>',
      payee: '甲',
      free: 'a/1',
    };
    const batch = { amount: '200.00', reference: 'R1', parts: [part, part] };
    const like = { railReference: null, references: ['R1', 'e1', 'a/1'] };
    const { lines } = read(batch);
    expect(lines).toMatchObject([like, like]);
    const refs = '<AcctSvcrRef>R1</AcctSvcrRef>';
    const shared = [1, 2].map(() => ({ ...part, refs }));
    expect(read({ ...batch, parts: shared }).lines).toMatchObject([
      { railReference: null, references: ['R1', 'a/1'] },
      { railReference: null },
    ]);
    const first = [{ ...part, refs }, part];
    expect(read({ ...batch, parts: first }).lines).toMatchObject([
      { railReference: 'R1' },
      { railReference: null },
    ]);
    const payout: OurPayout = {
      ...{ payoutId: 'a/1', loanId: 'a-L1', payee: '甲', amountFen: 10_000n, currency: 'CNY' },
      ...{ status: 'paid', paidOn: '2026-11-20', railReference: 'R1' },
    };
    const span = { since: '2026-11-20', until: '2026-11-20' };
    expect(reconcile([payout], lines, span)).toMatchObject({
      ...{ matched: [], repeated: [], mismatchFen: 10_000n },
      differing: [{ differences: [{ kind: 'amount', ours: '10000', theirs: '20000' }] }],
    });
  });

  it('ends with the day before where it says midnight, unless it also begins then', () => {
    const spanOf = (from: string, to: string) => {
      const days = `<FrDtTm>${from}</FrDtTm><ToDtTm>${to}</ToDtTm>`;
      const { since, until } = readCamtStatement(camtOf(version, [], `<FrToDt>${days}</FrToDt>`));
      return [since, until];
    };
    const one = ['2026-11-20', '2026-11-20'];
    expect(spanOf('2026-11-20T00:00:00+08:00', '2026-11-21T00:00:00+08:00')).toEqual(one);
    expect(spanOf('2026-11-19T16:00:00Z', '2026-11-20T16:00:00.000Z')).toEqual(one);
    expect(spanOf('2026-11-20T00:00:00', '2026-11-21T00:00:00')).toEqual(one);
    expect(spanOf('2026-11-20T00:00:00', '2026-11-20T24:00:00')).toEqual(one);
    expect(spanOf('2026-11-20T00:00:00+08:00', '2026-11-20T00:00:00+08:00')).toEqual(one);
    expect(spanOf('2026-11-20T00:00:00+08:00', '2026-11-21T00:00:01+08:00')).toEqual([
      ...['2026-11-20', '2026-11-21'],
    ]);
  });

  it('tells what is pending, what came back, and leaves out what moves nothing', () => {
    const { lines } = read(
      { amount: '1.00', status: 'PDNG' },
      { amount: '2.00000', direction: 'CRDT', reference: 'R2' },
      { amount: '3.00', status: 'INFO' },
    );
    expect(lines).toMatchObject([
      { status: 'pending', amountFen: 100n, references: [] },
      { status: 'booked', amountFen: -200n, references: ['R2'] },
    ]);
  });

  it('keeps another currency as it is', () => {
    expect(read({ amount: '1.00', currency: 'USD' }).lines[0]).toMatchObject({ currency: 'USD' });
  });

  it.each<[string, CamtEntry, string]>([
    ['thousandths', { amount: '1.001' }, 'Ntry 1: its Amt "1.001" is no amount to the fen'],
    ['a negative amount', { amount: '-1.00' }, 'is no amount to the fen'],
    ['no number', { amount: '1e3' }, 'is no amount to the fen'],
    ['an amount too large', { amount: '9'.repeat(17) }, 'is above the largest amount'],
    ['no currency', { amount: '1.00', currency: '' }, 'its Amt has no currency'],
    ['no direction', { amount: '1.00', direction: 'OUT' }, 'neither DBIT nor CRDT'],
    ['an unknown status', { amount: '1.00', status: 'FUTR' }, 'its Sts "FUTR" is unknown'],
    ['a day that is none', { amount: '1.00', day: '2026-02-30' }, 'neither ValDt nor BookgDt'],
  ])('with %s is refused with its place', (_what, entry, says) => {
    expect(() => read(entry)).toThrow(says);
    expect(() => read(entry)).toThrow(StatementFault);
  });
});

describe('XML that is no statement', () => {
  const sound = camtOf('08', [ENTRY]);
  const billion = Array.from({ length: 10 }, (_, at) =>
    at === 0 ? '<!ENTITY l0 "ha">' : `<!ENTITY l${at} "${`&l${at - 1};`.repeat(10)}">`,
  ).join('');

  it.each([
    ['nothing', '', 'no camt.053 at all'],
    ['no XML', 'valueDate,bookingDate', 'no camt.053 at all'],
    ['cut off', sound.slice(0, -20), 'it is no XML'],
    ['twice', sound + sound.slice(sound.indexOf('<Document')), 'it is no XML'],
    ['of another version', sound.replace('001.08', '001.13'), 'It is camt.053.001.13'],
    ['another message', sound.replaceAll('BkToCstmrStmt', 'BkToCstmrAcctRpt'), 'It holds no'],
    ['with a list of entities', sound.replace('<Doc', `<!DOCTYPE d [${billion}]><Doc`), 'refused'],
    [
      'with an entity of a file',
      sound.replace('<Doc', '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Doc'),
      'refused',
    ],
    ['with a document type elsewhere', `<!doctype d SYSTEM "http://x/">${sound}`, 'refused'],
    ['with an entity of its own', sound.replace('e1', '&x;'), 'line 5: an & begins no entity'],
    ['with CDATA', sound.replace('e1', '<![CDATA[e1]]>'), 'refused'],
    [
      'nested without end',
      sound.replace('e1', `${'<a>'.repeat(99)}${'</a>'.repeat(99)}`),
      'nested',
    ],
    ['with a name of every object', sound.replaceAll('EndToEndId', '__proto__'), 'cannot be read'],
    ['with two amounts', sound.replace('<Amt ', '<Amt Ccy="CNY">1.00</Amt><Amt '), 'It has 2 Amt'],
    ['a text where elements stand', sound.replace(/<Ntry>.*<\/Ntry>/s, '<Ntry>1</Ntry>'), 'CdtDbt'],
  ])('%s is refused', (_what, text, says) => {
    expect(() => readCamtStatement(text)).toThrow(says);
    expect(() => readCamtStatement(text)).toThrow(StatementFault);
  });

  it('is no more than its texts: what looks like a number or a property stays text', () => {
    const odd = sound.replace('e1', 'toString').replace('a/1', '0012345678901234567890');
    expect(readCamtStatement(odd).lines[0]?.references).toEqual([
      'R2026112000000001',
      'toString',
      '0012345678901234567890',
    ]);
  });
});
