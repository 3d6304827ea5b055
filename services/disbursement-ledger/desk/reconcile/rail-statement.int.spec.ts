// Statements of the rail that comes with the project, in both its formats, beside what it was told.
import { businessDateOf } from '@saidao/values';
import { createProvider } from '@saidao/worker';
import { expect, it, onTestFinished } from 'vitest';
import { payoutRailHttp } from '../../adapters/payout-rail-http.ts';
import type { Instruction } from '../../payout.decide.ts';
import { openWorld } from '../../rail.fixture.ts';
import { reconcile, spanOfLines, type OurPayout } from './match.ts';
import { readCamtStatement } from './statement-camt053.ts';
import { readCsvStatement } from './statement-csv.ts';

const LENDER = 'exim-zj';
const APPLICATION = '019aa000-0000-7000-8000-000000000001';

const instruction = (place: number): Instruction => ({
  payoutId: `${APPLICATION}/authorisation/1/${place}`,
  lenderId: LENDER,
  payee: place === 1 ? '浙江"示例", 电机 & <公司>' : '宁波示例芯片贸易有限公司',
  amountFen: BigInt(place) * 6_200_000_001n,
  purpose: 'entrusted payment',
  endToEndId: APPLICATION,
});

it.each([
  ['csv', readCsvStatement],
  ['camt053', readCamtStatement],
] as const)('a statement as %s agrees with what the rail has confirmed', async (format, read) => {
  const world = await openWorld();
  onTestFinished(() => world.close());
  const provider = createProvider({ name: 'payout-rail', deadlineMs: 2_000 });
  const rail = payoutRailHttp({ url: `${world.url}/rail`, provider });
  const ours: OurPayout[] = [];
  for (const place of [1, 2]) {
    const told = instruction(place);
    const answer = await rail.instruct(told, new AbortController().signal);
    if (answer.kind !== 'paid') throw new Error(`The rail said ${answer.kind}.`);
    const { payoutId, payee, amountFen } = told;
    ours.push({
      ...{ payoutId, payee, amountFen, loanId: 'L1', currency: 'CNY', status: 'paid' },
      ...{ paidOn: businessDateOf(answer.paidAtMs), railReference: answer.railReference },
    });
  }

  const paidOn = ours[0]!.paidOn!;
  const query = `lenderId=${LENDER}&date=${paidOn}&format=${format}`;
  const response = await fetch(`${world.url}/rail/statement?${query}`);
  expect(response.status).toBe(200);
  const statement = read(await response.text());
  expect(statement.accounts).toEqual([LENDER]);
  expect(spanOfLines(statement.lines)).toEqual({ since: paidOn, until: paidOn });
  const found = reconcile(ours, statement.lines, { since: paidOn, until: paidOn });
  expect(found).toMatchObject({ missing: [], extra: [], differing: [], mismatchFen: 0n });
  expect(found.matched).toHaveLength(2);

  const [first] = ours;
  const unknown = [{ ...first!, status: 'unknown', paidOn: null, railReference: null } as const];
  const doubted = reconcile(unknown, statement.lines, { since: paidOn, until: paidOn });
  expect(doubted.differing.map(({ differences }) => differences[0]?.kind)).toEqual(['status']);
  expect(doubted.extra).toHaveLength(1);
});
