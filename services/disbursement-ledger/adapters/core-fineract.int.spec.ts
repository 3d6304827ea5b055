// The hand-over to a core by its REST API, against recorded exchanges that a process plays strictly.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fenOfYuan } from '@saidao/values';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CoreRefused, CoreSilent, type LoanToBook } from '../hand-over/core.port.ts';
import type { CoreBook, CoreFault } from '../hand-over/recorded-core.fixture.ts';
import { coreFineract } from './core-fineract.ts';

const PLANS = ['equal-instalment', 'equal-principal', 'interest-monthly', 'bullet'] as const;
const pathOf = (name: string) =>
  fileURLToPath(new URL(`../hand-over/recorded/${name}.json`, import.meta.url));
const MAIN = fileURLToPath(new URL('../hand-over/recorded-core.fixture.ts', import.meta.url));
const ALL_STEPS = [
  ...['client-absent', 'client-create', 'loan-absent', 'loan-create', 'loan-pending'],
  ...['loan-approve', 'loan-approved', 'loan-disburse', 'loan-active'],
];
const WRITES = ['client-create', 'loan-create', 'loan-approve', 'loan-disburse'];

const awake = () => new AbortController().signal;

function loanOf(name: string): LoanToBook {
  const { loan } = JSON.parse(readFileSync(pathOf(name), 'utf8')) as {
    loan: Omit<LoanToBook, 'principalFen'> & { readonly principal: string };
  };
  const { principal, ...rest } = loan;
  return { ...rest, principalFen: fenOfYuan(principal) };
}

async function openCore(name: string = 'interest-monthly') {
  const child = spawn(process.execPath, [MAIN, pathOf(name)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const url = said.toString('utf8').trim();
  const put = (path: string, body: object) =>
    fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) });
  const core = coreFineract({
    url,
    ...{ tenant: 'exim-zj', user: 'saidao', password: 'password', officeId: 1, productId: 3 },
    ...{ deadlineMs: 300, againMs: 5 },
  });
  return {
    url,
    core,
    fails: (...faults: readonly CoreFault[]) => put('/recorded/faults', faults),
    holds: (held: object) => put('/recorded/held', held),
    book: async () => (await (await fetch(`${url}/recorded/book`)).json()) as CoreBook,
  };
}

const times = ({ steps }: CoreBook, step: string) => steps.filter((one) => one === step).length;

describe('a loan', () => {
  it.each(PLANS)('repaid by %s is booked as recorded, and not once more', async (name) => {
    const { core, book } = await openCore(name);
    const loan = loanOf(name);
    const first = await core.book(loan, awake());
    expect(first.wasThere).toBe(false);
    expect(await book()).toEqual({ steps: ALL_STEPS, unexpected: [] });

    expect(await core.book(loan, awake())).toEqual({ ...first, wasThere: true });
    const { steps, unexpected } = await book();
    expect(steps.slice(ALL_STEPS.length)).toEqual(['client-found', 'loan-active']);
    expect(unexpected).toEqual([]);
  });

  it.each([
    [{ client: 'active', loan: 'absent' }, 3],
    [{ client: 'active', loan: 'pending' }, 2],
    [{ client: 'active', loan: 'approved' }, 1],
    [{ client: 'active', loan: 'active' }, 0],
  ])('that the core has as %j is booked on from there', async (held, writes) => {
    const { core, holds, book } = await openCore();
    await holds(held);
    await core.book(loanOf('interest-monthly'), awake());
    const found = await book();
    expect(found.unexpected).toEqual([]);
    expect(found.steps.filter((step) => WRITES.includes(step))).toEqual(WRITES.slice(4 - writes));
  });
});

describe('a fault', () => {
  const kinds = ['says-503', 'acts-and-says-500', 'acts-and-hangs-up', 'acts-and-is-silent'];
  const faults = ALL_STEPS.flatMap((step) => kinds.map((does) => ({ step, does }) as CoreFault));

  it.each(faults)('at $step that $does gives one client, loan and disbursement', async (fault) => {
    const { core, fails, book } = await openCore();
    await fails(fault);
    await core.book(loanOf('interest-monthly'), awake());
    const found = await book();
    expect(found.unexpected).toEqual([]);
    for (const step of WRITES) expect(times(found, step), step).toBe(1);
  });

  it('at every step in turn is got over by asking again', async () => {
    const { core, fails, book } = await openCore();
    await fails(...WRITES.map((step): CoreFault => ({ step, does: 'acts-and-says-500' })));
    const loan = loanOf('interest-monthly');
    // One hand-over tries four times: it gives up on the fourth fault, and the next goes on.
    await expect(core.book(loan, awake())).rejects.toBeInstanceOf(CoreSilent);
    await core.book(loan, awake());
    const found = await book();
    expect(found.unexpected).toEqual([]);
    for (const step of WRITES) expect(times(found, step), step).toBe(1);
  });

  it('that stays is told as silence, and nothing is booked twice when it is over', async () => {
    const { core, fails, book } = await openCore();
    await fails(...Array.from({ length: 4 }, () => busy));
    const loan = loanOf('interest-monthly');
    await expect(core.book(loan, awake())).rejects.toBeInstanceOf(CoreSilent);
    await core.book(loan, awake());
    expect(times(await book(), 'loan-create')).toBe(1);
  });

  it('of two who hand over at once leaves one client, loan and disbursement', async () => {
    const { core, book } = await openCore();
    const loan = loanOf('interest-monthly');
    const [one, other] = await Promise.allSettled([
      core.book(loan, awake()),
      core.book(loan, awake()),
    ]);
    expect([one.status, other.status]).toContain('fulfilled');
    const found = await book();
    for (const step of WRITES) expect(times(found, step), step).toBe(1);
  });
});

const busy: CoreFault = { step: 'loan-create', does: 'says-503' };

describe('what is refused', () => {
  it('is another loan under the id', async () => {
    const { core, holds, book } = await openCore();
    await holds({ client: 'active', loan: 'pending' });
    const loan = { ...loanOf('interest-monthly'), principalFen: 1n };
    await expect(core.book(loan, awake())).rejects.toThrow(
      'its principal is 100000000.00, not 0.01',
    );
    expect((await book()).steps).toEqual(['client-found', 'loan-pending']);
  });

  it('is a request that the core finds wrong', async () => {
    const { core } = await openCore();
    const loan = { ...loanOf('interest-monthly'), borrower: { name: 'x', uscc: 'unknown' } };
    await expect(core.book(loan, awake())).rejects.toBeInstanceOf(CoreRefused);
  });

  it('is an address that is no core: its 404 says nothing of clients', async () => {
    const { url, book } = await openCore();
    const core = coreFineract({
      url: `${url}/elsewhere`,
      ...{ tenant: 'exim-zj', user: 'saidao', password: 'password', officeId: 1, productId: 3 },
      againMs: 1,
    });
    const loan = loanOf('interest-monthly');
    await expect(core.book(loan, awake())).rejects.toBeInstanceOf(CoreRefused);
    expect((await book()).steps).toEqual([]);
  });

  it('is asked for no longer once somebody has told it to stop', async () => {
    const { core, book } = await openCore();
    const loan = loanOf('interest-monthly');
    await expect(core.book(loan, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect((await book()).steps).toEqual([]);
  });
});
