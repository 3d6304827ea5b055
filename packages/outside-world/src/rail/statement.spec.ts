// Specs of the rail's statements: whose payouts of which day, as CSV and as camt.053.
import { expect, it } from 'vitest';
import { openWorld, payout } from '../test-world.ts';

const DAY_MS = Date.UTC(2026, 10, 20, 2);

async function worldWithPayouts() {
  let nowMs = DAY_MS;
  const world = await openWorld({ now: () => nowMs });
  const pay = async (payoutId: string, change: object = {}) => {
    const { body } = await world.pay({
      ...payout,
      endToEndId: 'application-1',
      payoutId,
      ...change,
    });
    return body.railReference;
  };
  const first = await pay('a/1', { payee: 'Motors "A", <B> & Söhne' });
  const second = await pay('a/2', { amountFen: '5' });
  await pay('b/1', { lenderId: 'boc-zj' });
  await world.behave({ provider: 'rail', mode: 'rejecting', times: 1 });
  await pay('a/3');
  // 16:00 in London is midnight in Shanghai: the next day.
  nowMs = Date.UTC(2026, 10, 20, 16);
  const third = await pay('a/4');
  const statement = (query: string) => world.call('GET', `/rail/statement?${query}`);
  return { statement, references: [first, second, third] };
}

it('lists what moved for a lender on a day in Shanghai, and nothing else', async () => {
  const { statement, references } = await worldWithPayouts();
  const { status, text } = await statement('lenderId=exim-zj&date=2026-11-20');
  expect(status).toBe(200);
  expect(text.split('\r\n')).toEqual([
    'railReference,payoutId,endToEndId,lenderId,payee,amount,currency,paidAt',
    `${references[0]},a/1,application-1,exim-zj,"Motors ""A"", <B> & Söhne",62000000.00,CNY,2026-11-20T02:00:00.000Z`,
    `${references[1]},a/2,application-1,exim-zj,${payout.payee},0.05,CNY,2026-11-20T02:00:00.000Z`,
    '',
  ]);
  const next = await statement('lenderId=exim-zj&date=2026-11-21&format=csv');
  expect(next.text.split('\r\n').slice(1)).toEqual([expect.stringContaining('a/4'), '']);
  expect((await statement('lenderId=nobody&date=2026-11-20')).text.split('\r\n')).toHaveLength(2);
});

it('says the same as camt.053', async () => {
  const { statement, references } = await worldWithPayouts();
  const { text } = await statement('lenderId=exim-zj&date=2026-11-20&format=camt053');
  expect(text).toContain('xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"');
  expect(text).toContain('<NbOfNtries>2</NbOfNtries><Sum>62000000.05</Sum>');
  expect(text.match(/<Ntry>/g)).toHaveLength(2);
  expect(text).toContain(`<AcctSvcrRef>${references[0]}</AcctSvcrRef>`);
  expect(text).toContain('<InstrId>a/1</InstrId><EndToEndId>application-1</EndToEndId>');
  expect(text).toContain('<Nm>Motors &quot;A&quot;, &lt;B&gt; &amp; Söhne</Nm>');
  expect(text).toContain('<Amt Ccy="CNY">0.05</Amt><CdtDbtInd>DBIT</CdtDbtInd>');
});

it('refuses a day that is none, and another format', async () => {
  const { statement } = await worldWithPayouts();
  expect((await statement('lenderId=exim-zj&date=2026-13-40')).status).toBe(400);
  expect((await statement('lenderId=exim-zj&date=2026-11-20&format=pdf')).status).toBe(400);
});
