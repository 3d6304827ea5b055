// What a loan owes on a day and when it falls due, worked out from its contract and what happened.
import type { InstalmentStanding, LoanWorld, Standing } from '@saidao/loans';
import { businessDateOf, formatYuan, isBusinessDate } from '@saidao/values';
import { READERS, Type, type Door, type Static } from '@saidao/worker';
import { standingAt, tierOf, type LoanAccount } from '../account.ts';
import { accountFor, Day, invalid, LoanId } from './publishing.ts';
import type { LoanAccounts } from './ports.ts';

export interface StandingDoorOptions {
  readonly accounts: LoanAccounts;
  readonly world: LoanWorld;
  readonly clock: () => number;
}

const Yuan = Type.String({ description: 'Yuan with two decimals, as 1234.50.' });
const DayOrNull = Type.Union([Day, Type.Null()]);
const question = Type.Object({ asOf: Type.Optional(Day) }, { additionalProperties: false });
const KNOWN_NOW =
  'At the end of a day, default today. A past day is told as it is known now: what came late and ' +
  'counts from before it is in it. A day to come is told as if nothing more happened.';

const ScheduleView = Type.Object({
  loanId: Type.String(),
  asOf: Day,
  maturesOn: Day,
  instalments: Type.Array(
    Type.Object({
      number: Type.Integer(),
      dueOn: Day,
      principal: Yuan,
      interest: Yuan,
      paidPrincipal: Yuan,
      paidInterest: Yuan,
      penalty: Yuan,
      compound: Yuan,
      closing: Yuan,
    }),
  ),
});

const StandingView = Type.Object({
  loanId: Type.String(),
  asOf: Day,
  closedOn: DayOrNull,
  limit: Yuan,
  reserved: Yuan,
  drawn: Yuan,
  principal: Yuan,
  overduePrincipal: Yuan,
  dueInterest: Yuan,
  daysPastDue: Type.Integer(),
  oldestDueOn: DayOrNull,
  accrued: Yuan,
  penalty: Yuan,
  compound: Yuan,
  costs: Yuan,
  received: Yuan,
  paid: Type.Object({
    costs: Yuan,
    penalty: Yuan,
    compound: Yuan,
    interest: Yuan,
    principal: Yuan,
  }),
  suspense: Yuan,
  refunded: Yuan,
  tier: Type.String({ description: 'The worse of its own and what its debtor’s loans ask for.' }),
  ownTier: Type.String(),
  nonAccrualFrom: DayOrNull,
  writtenOffOn: DayOrNull,
  writtenOff: Yuan,
  recovered: Yuan,
  claimed: Yuan,
  guaranteePaid: Yuan,
  guaranteeHeld: Yuan,
  settled: Type.Boolean({ description: 'Something was drawn, and nothing is owed.' }),
  maturesOn: Day,
});

/** GET /v1/loans/:loanId/schedule and /v1/loans/:loanId/standing */
export function standingDoor({ accounts, world, clock }: StandingDoorOptions): Door {
  return (app) => {
    const about = (operationId: string, summary: string) => ({
      operationId,
      summary,
      description: KNOWN_NOW,
      tags: ['loans'],
      params: LoanId,
      querystring: question,
    });
    app.get(
      '/v1/loans/:loanId/schedule',
      {
        config: { roles: READERS, refuses: [404, 422] },
        schema: {
          ...about('readSchedule', 'What of a loan is due when, and what of it is paid'),
          response: { 200: ScheduleView },
        },
      },
      async (request) => {
        const account = await accountFor(request, accounts, request.params.loanId);
        const standing = standingAt(account, dayOf(account, request.query.asOf, clock), world);
        return scheduleView(account, standing);
      },
    );
    app.get(
      '/v1/loans/:loanId/standing',
      {
        config: { roles: READERS, refuses: [404, 422] },
        schema: { ...about('readStanding', 'What a loan owes'), response: { 200: StandingView } },
      },
      async (request) => {
        const account = await accountFor(request, accounts, request.params.loanId);
        const standing = standingAt(account, dayOf(account, request.query.asOf, clock), world);
        return standingView(account, standing);
      },
    );
  };
}

/** Beyond it no loan runs, and every rate would be made up. */
const YEARS_AHEAD_MAX = 50;

function dayOf({ contract }: LoanAccount, asOf: string | undefined, clock: () => number): string {
  const today = businessDateOf(Math.floor(clock()));
  // A sample's loan may begin after the clock's today.
  const day = asOf ?? (today < contract.bookedOn ? contract.bookedOn : today);
  const last = `${Number(contract.maturesOn.slice(0, 4)) + YEARS_AHEAD_MAX}-12-31`;
  if (isBusinessDate(day) && day >= contract.bookedOn && day <= last) return day;
  throw invalid('asOf', 'RANGE', `has to be a day from ${contract.bookedOn} to ${last}`);
}

function scheduleView(
  { contract }: LoanAccount,
  { date, instalments, maturesOn }: Standing,
): Static<typeof ScheduleView> {
  return {
    loanId: contract.loanId,
    asOf: date,
    maturesOn,
    instalments: instalments.map((one: InstalmentStanding) => ({
      number: one.number,
      dueOn: one.dueOn,
      principal: formatYuan(one.principalFen),
      interest: formatYuan(one.interestFen),
      paidPrincipal: formatYuan(one.paidPrincipalFen),
      paidInterest: formatYuan(one.paidInterestFen),
      penalty: formatYuan(one.penaltyFen),
      compound: formatYuan(one.compoundFen),
      closing: formatYuan(one.closingFen),
    })),
  };
}

function standingView(account: LoanAccount, standing: Standing): Static<typeof StandingView> {
  const { contract, closedOn, reservedFen } = account;
  const { date, daysPastDue, oldestDueOn, ownTier, nonAccrualFrom } = standing;
  const { writtenOffOn, settled, maturesOn, paid } = standing;
  return {
    ...{ loanId: contract.loanId, asOf: date, closedOn, daysPastDue, oldestDueOn, ownTier },
    ...{ nonAccrualFrom, writtenOffOn, settled, maturesOn },
    limit: formatYuan(contract.limitFen),
    reserved: formatYuan(reservedFen),
    drawn: formatYuan(standing.drawnFen),
    principal: formatYuan(standing.principalFen),
    overduePrincipal: formatYuan(standing.overduePrincipalFen),
    dueInterest: formatYuan(standing.dueInterestFen),
    accrued: formatYuan(standing.accruedFen),
    penalty: formatYuan(standing.penaltyFen),
    compound: formatYuan(standing.compoundFen),
    costs: formatYuan(standing.costsFen),
    received: formatYuan(standing.receivedFen),
    paid: {
      costs: formatYuan(paid.costsFen),
      penalty: formatYuan(paid.penaltyFen),
      compound: formatYuan(paid.compoundFen),
      interest: formatYuan(paid.interestFen),
      principal: formatYuan(paid.principalFen),
    },
    suspense: formatYuan(standing.suspenseFen),
    refunded: formatYuan(standing.refundedFen),
    tier: tierOf(account, standing),
    writtenOff: formatYuan(standing.writtenOffFen),
    recovered: formatYuan(standing.recoveredFen),
    claimed: formatYuan(standing.claimedFen),
    guaranteePaid: formatYuan(standing.guaranteePaidFen),
    guaranteeHeld: formatYuan(standing.guaranteeHeldFen),
  };
}
