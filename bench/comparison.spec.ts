// Outcomes side by side: what is alike passes, and each difference is named with its application.
import { generate, kindOf } from '@saidao/applicants';
import { fenOfYuan } from '@saidao/values';
import { expect, test } from 'vitest';
import { differencesBetween, differencesFromExpected } from './comparison.ts';
import { payoutsText, type Outcome } from './outcomes.ts';

const applicants = [...generate({ count: 200, seed: 3 })];
const paid = applicants.find(({ id }) => kindOf(id) === 'sound-talent');
const barred = applicants.find(({ id }) => kindOf(id) === 'barred-purpose');
if (paid === undefined || barred === undefined) throw new Error('The seed lacks a kind.');

const fen = String(fenOfYuan(paid.submission.request.amount));
const ofPaid: Outcome = {
  end: 'paid',
  amountFen: fen,
  ratePpm: '34500',
  reasons: '',
  principalsFen: fen,
  payouts: payoutsText([{ payee: paid.submission.enterprise.name, amountFen: fen }]),
};
const ofBarred: Outcome = {
  end: 'declined',
  amountFen: '',
  ratePpm: '',
  reasons: 'K01 S03',
  principalsFen: '',
  payouts: '',
};
const outcomes = new Map([
  [paid.id, ofPaid],
  [barred.id, ofBarred],
]);

test('what is as expected, and the same, gives no line', () => {
  expect(differencesFromExpected('saidao', outcomes, [paid, barred])).toEqual([]);
  expect(differencesBetween(['naive', outcomes], ['saidao', new Map(outcomes)])).toEqual([]);
});

test.each<[keyof Outcome, string]>([
  ['end', 'referred'],
  ['amountFen', '1'],
  ['principalsFen', `${fen} ${fen}`],
  ['payouts', ''],
])('a paid loan whose %s is "%s" is not as expected', (field, value) => {
  const other = new Map([[paid.id, { ...ofPaid, [field]: value }]]);
  const lines = differencesFromExpected('saidao', other, [paid]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`${paid.id}: saidao says ${field} "${value}"`);
});

test('money for a declined application, and a reason that is missing, are not as expected', () => {
  const other = new Map([[barred.id, { ...ofBarred, payouts: '1 to nobody', reasons: 'K01' }]]);
  expect(differencesFromExpected('naive', other, [barred])).toEqual([
    `${barred.id}: naive says payouts "1 to nobody", expected ""`,
    `${barred.id}: naive gives the reasons "K01", not S03`,
  ]);
});

test('applications that are missing or too many are told', () => {
  expect(differencesFromExpected('saidao', new Map([[paid.id, ofPaid]]), [paid, barred])).toEqual([
    `${barred.id}: saidao has no such application`,
  ]);
  expect(differencesFromExpected('saidao', outcomes, [paid])).toEqual([
    'saidao has 2 applications, not 1',
  ]);
});

test('two forms that differ are told field by field', () => {
  const other = new Map([[paid.id, { ...ofPaid, ratePpm: '36000' }]]);
  expect(differencesBetween(['naive', outcomes], ['saidao', other])).toEqual([
    `${paid.id}: ratePpm is "34500" in naive, "36000" in saidao`,
    `${barred.id}: naive alone has it`,
  ]);
});
