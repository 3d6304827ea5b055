// What the specs of the outside world share: a world in a folder of its own, and requests to it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { expect, onTestFinished } from 'vitest';
import { buildOutsideWorld, type OutsideWorldOptions } from './app.ts';
import type { Behaviour } from './behaviour.ts';
import type { Person } from './facts/persons.ts';
import type { PatentSeed } from './facts/register.ts';
import type { RecognisedTalent } from './facts/talents.ts';
import type { RegistrationRequest } from './pledge-office.ts';
import type { PayoutRequest } from './rail/payout-rail.ts';
import type { WorldSeed } from './seed.ts';

export const owner = { name: '浙江示例智能锁科技有限公司', uscc: '91330100MA2H000142' };
export const patentA = '201610345678.2';
export const patentB = '201810456789.X';

export const grantedPatent: PatentSeed = {
  kind: 'invention',
  filed: '2016-05-27',
  status: 'granted',
  owners: [owner],
  annuityPaidThroughYear: 20,
  pledged: false,
  preserved: false,
  coOwnersConsent: null,
};

/** What the register makes of it. */
export const grantedRecord = {
  kind: 'invention',
  filed: '2016-05-27',
  granted: null,
  status: 'granted',
  owners: [owner],
  pledged: false,
  preserved: false,
  suspended: false,
  licences: [],
  coOwnersConsent: null,
  sameDay: null,
  compensationDays: 0,
  ipc: [],
  claims: null,
  citations: null,
  familyCountries: null,
  bars: [],
};

export const appraisal = {
  valueFen: '15000000000',
  appraiser: '浙江示例资产评估有限公司',
  reportId: 'appraisal-1',
  appraisedOn: '2026-06-30',
  validUntil: '2027-06-29',
};

export const enterprise = {
  name: owner.name,
  status: 'in-business',
  established: '2009-03-12',
  regionCode: '330100',
  industryCode: 'C3569',
} as const;

/** Nobody bears it: district 330199 is given to no place. */
export const idNumber = '330199198501010013';
export const person: Person = {
  name: '王示例',
  offices: [
    { uscc: owner.uscc, office: 'LEGAL_REPRESENTATIVE' },
    { uscc: owner.uscc, office: 'BENEFICIAL_OWNER' },
  ],
};
export const talent: RecognisedTalent = { grade: 'C', idNumber, validTo: '2029-12-31' };
export const certificate = 'ZJ-C-2024-0001';

export const bureauFile = {
  creditFen: '6000000000',
  overdueFen: '0',
  worstTier: 'normal',
  guaranteeFen: '0',
} as const;

/** One of each sort. */
export const wholeSeed: WorldSeed = {
  patents: [{ number: patentA, ...grantedPatent }],
  institutions: [{ name: '浙江示例融资担保有限公司', confirms: true }],
  appraisals: [{ number: patentA, ...appraisal }],
  enterprises: [{ uscc: owner.uscc, ...enterprise, bureau: bureauFile }],
  persons: [{ idNumber, ...person, bureau: { overdueFen: '0', worstTier: 'normal' } }],
  talents: [{ certificate, ...talent }],
};

export const registration: RegistrationRequest = {
  applicationId: 'application-1',
  lenderId: 'exim-zj',
  pledgor: owner,
  patents: [patentA],
  debtFen: '10000000000',
};

export const payout: PayoutRequest = {
  payoutId: 'payout-1',
  lenderId: 'exim-zj',
  payee: '浙江示例电机有限公司',
  amountFen: '6200000000',
  currency: 'CNY',
  purpose: 'raw materials',
};

export const confirmation = {
  applicationId: 'application-1',
  institution: '浙江示例融资担保有限公司',
  uscc: '91330200MA2L30049Q',
  sharePpm: 700_000,
  amountFen: '500000000',
};

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outside-world-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A world that ends with the test; `dataFolder` makes it the restart of an earlier one. */
export async function openWorld(options: Partial<OutsideWorldOptions> = {}) {
  const dataFolder = options.dataFolder ?? (await temporaryFolder());
  const lines: string[] = [];
  const logger = pino({}, { write: (line) => void lines.push(line) });
  const app = await buildOutsideWorld({ pledgeOfficeMs: 10, logger, ...options, dataFolder });
  onTestFinished(() => app.close());
  return {
    dataFolder,
    ...callsOf(app),
    /** Waits until so many requests have met a provider that misbehaves. */
    misbehaved: (count: number) =>
      expect
        .poll(() => lines.filter((line) => line.includes('misbehaving as told')).length)
        .toBe(count),
  };
}

export type TestWorld = Awaited<ReturnType<typeof openWorld>>;

function callsOf(app: FastifyInstance) {
  type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';
  async function call(
    method: Method,
    url: string,
    payload?: object,
    key?: string,
    account?: string,
  ) {
    const response = await app.inject({
      method,
      url,
      ...(payload === undefined ? {} : { payload }),
      headers: {
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(account === undefined ? {} : { 'x-account-id': account }),
      },
    });
    return { status: response.statusCode, text: response.payload, body: parse(response.payload) };
  }
  return {
    app,
    call,
    seed: (number: string, patent: Partial<PatentSeed> = {}) =>
      call('PUT', `/control/register/patents/${number}`, { ...grantedPatent, ...patent }),
    behave: (behaviour: Behaviour) => call('PUT', '/control/behaviour', behaviour),
    patent: (number: string) => call('GET', `/register/patents/${number}`),
    /** Asks with the account of a lender. */
    askAs: (account: string, url: string) => call('GET', url, undefined, undefined, account),
    file: (request: object = registration, key = 'filing-1') =>
      call('POST', '/pledge-office/registrations', request, key),
    pay: (request: Pick<PayoutRequest, 'payoutId'> & Partial<PayoutRequest> = payout) =>
      call('POST', '/rail/payouts', request, request.payoutId),
    book: async () => (await call('GET', '/rail/book')).body,
    /** A request that may never be answered; `leave` is the caller hanging up. */
    open(url: string, request?: object, key?: string) {
      const caller = new AbortController();
      const state = { answered: false };
      void app
        .inject({
          method: request === undefined ? 'GET' : 'POST',
          url,
          signal: caller.signal,
          ...(request === undefined ? {} : { payload: request }),
          ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
        })
        .then(
          () => (state.answered = true),
          () => {},
        );
      return { state, leave: () => caller.abort() };
    },
  };
}

// Garbage is an answer too.
function parse(text: string): Told {
  try {
    return JSON.parse(text) as Told;
  } catch {
    return undefined as unknown as Told;
  }
}

/** What an answer may hold; a spec names only what its route gives. */
interface Told extends Omit<PatentSeed, 'status'> {
  readonly status: string;
  readonly asOf: string;
  readonly error: string;
  readonly registrationId: string;
  readonly cause: string;
  readonly confirmed: boolean;
  readonly railReference: string;
  readonly paidAt: string;
  readonly payouts: readonly unknown[];
  readonly totalFen: string;
}
