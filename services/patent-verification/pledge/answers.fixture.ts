// Builders for the pledge line's specs: its policy, and what register, fee office and pledge office say.
import { answered, patentA, patentB, patentC, says, silent } from '../applications.fixture.ts';
import type { Reply } from '@saidao/worker/asking';
import type { AnnuitySays, RegisterEntry, RegisterSays } from '../facts.ts';
import type { OfficeSays, PledgeGathered, PledgePolicy } from './state.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export const policy: PledgePolicy = {
  registrationMsMax: 60_000,
  officeHolidays: new Set(),
  pledgeConfirmedMs: DAY_MS,
  collateralWatchMs: DAY_MS,
};

export const nothing: PledgeGathered = {
  register: { replies: new Map(), answeredAtMs: null },
  annuity: { replies: new Map(), answeredAtMs: null },
  office: null,
};

export const feesSay = (atMs: number, paidThroughYear = 20): Reply<AnnuitySays> =>
  answered({ known: true, paidThroughYear }, atMs, 'annuity');

/** The register's replies; of the fees all are paid, unless told otherwise. */
export function registerSays(
  replies: Record<string, Reply<RegisterSays>>,
  answeredAtMs: number | null = null,
  fees: Record<string, Reply<AnnuitySays>> = {},
): PledgeGathered {
  const atMs = answeredAtMs ?? 0;
  const paid = Object.keys(replies).map((number) => [number, feesSay(atMs)] as const);
  return {
    register: { replies: new Map(Object.entries(replies)), answeredAtMs },
    annuity: { replies: new Map([...paid, ...Object.entries(fees)]), answeredAtMs: atMs },
    office: null,
  };
}

/** All three patents stand, but for these faults. */
export function clear(
  atMs = 0,
  faults: Record<string, Partial<RegisterEntry>> = {},
  fees: Record<string, Reply<AnnuitySays>> = {},
): PledgeGathered {
  const all = [patentA, patentB, patentC];
  const replies = all.map((number) => [number, says(number, atMs, faults[number])] as const);
  return registerSays(Object.fromEntries(replies), atMs, fees);
}

export const officeSays = (
  value: OfficeSays,
  authorisationId = 'authorisation-1',
  around = clear(0),
): PledgeGathered => ({
  ...around,
  office: { step: 'register', authorisationId, reply: answered(value, 0, 'pledge-office') },
});

export const officeSilent: PledgeGathered = {
  ...nothing,
  office: {
    step: 'register',
    authorisationId: 'authorisation-1',
    reply: silent(1_000, 'pledge-office'),
  },
};

export const withdrawn = (authorisationId = 'authorisation-1'): PledgeGathered => ({
  ...nothing,
  office: {
    step: 'withdraw',
    authorisationId,
    reply: answered('withdrawn', 0, 'pledge-office'),
  },
});

export const pending: OfficeSays = { status: 'pending', registrationId: 'registration-1' };
export const registered: OfficeSays = {
  status: 'registered',
  registrationId: 'registration-1',
  registrationNumber: 'Y202633000001',
  registeredAtMs: 5_000,
};
