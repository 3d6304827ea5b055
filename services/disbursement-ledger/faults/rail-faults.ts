// Faults of the rail and of its calls back: what it does to the first payee of an authorisation.
import type { Behaviour, Mode } from '@saidao/outside-world';
import { recordOf } from '@saidao/testkit';
import { cny } from '@saidao/values';
import { LENDER } from '../book.fixture.ts';
import { application } from '../ledger.fixture.ts';
import type { Expected } from './audit.ts';
import { PARTITIONS, type Application, type Ground } from './ground.ts';

export interface RailFault {
  readonly name: string;
  /** Of the rail itself, at its first call about the payee. */
  readonly answers?: Mode;
  readonly delayMs?: number;
  /** Of its callbacks about the payee. */
  readonly calls?: Mode;
  /** A genuine-looking callback before the rail has heard of anything. */
  readonly callsBefore?: boolean;
}

/** Longer than the rail may take, and still before it is asked again. */
const SLOW_MS = 500;

const answers = [
  'silent',
  'failing',
  'garbage',
  'slow',
  'paid-then-silent',
  'paid-then-500',
  'rejecting',
  'key-taken',
] as const satisfies readonly Mode[];
const calls = [
  'early',
  'twice',
  'late',
  'out-of-order',
  'forged',
  'stale',
] as const satisfies readonly Mode[];

export const railFaults: readonly RailFault[] = [
  ...answers.map((mode): RailFault => ({
    name: `${mode}, and never calls back`,
    ...{ answers: mode, calls: 'silent', delayMs: SLOW_MS },
  })),
  ...answers.map((mode): RailFault => ({ name: mode, answers: mode, delayMs: SLOW_MS })),
  ...calls.map((mode): RailFault => ({ name: `calls back ${mode}`, calls: mode })),
  ...calls.map((mode): RailFault => ({
    name: `paid, then silent, and calls back ${mode}`,
    ...{ answers: 'paid-then-silent', calls: mode },
  })),
  { name: 'calls back of what was never instructed', callsBefore: true },
  {
    name: 'calls back of what was never instructed, then is silent',
    ...{ callsBefore: true, answers: 'silent' },
  },
];

/** So many authorisations at once, each with the fault; all of one process. */
export async function meet(
  ground: Ground,
  fault: RailFault,
  runs: number,
): Promise<readonly Expected[]> {
  const all = Array.from({ length: runs }, () => application());
  for (const one of all) await prepare(ground, fault, one);
  const process = await ground.start();
  try {
    await Promise.all(all.map((one) => ground.authorise(one)));
    for (const one of all) await ground.told(one.applicationId, 'LoanDisbursed');
  } finally {
    await process.stop();
  }
  return all.map((one) => ({
    one,
    rejected: fault.answers === 'rejecting' ? [one.names[0]] : [],
  }));
}

async function prepare(ground: Ground, fault: RailFault, one: Application): Promise<void> {
  const [subject] = one.names;
  const behave = (behaviour: Omit<Behaviour, 'subject' | 'times'>) =>
    ground.world.behave({ ...behaviour, subject, times: 1 });
  const { answers: mode, calls: calling, delayMs } = fault;
  if (mode !== undefined) {
    await behave({ provider: 'rail', mode, ...(delayMs !== undefined && { delayMs }) });
  }
  if (calling !== undefined) await behave({ provider: 'rail-callbacks', mode: calling });
  if (fault.callsBefore !== true) return;
  const { applicationId, authorisationId } = one;
  await ground.log.send([
    recordOf(
      'PayoutCalledBack',
      {
        ...{ applicationId, lenderId: LENDER, payoutId: `${authorisationId}/1` },
        ...{ webhookId: `msg_${applicationId}`, status: 'paid', amount: cny(6_200_000_000n) },
        ...{ railReference: 'R1', paidAt: BigInt(Date.now()), cause: null },
      },
      { partitions: PARTITIONS, id: `payout-rail/msg_${applicationId}` },
    ),
  ]);
}
