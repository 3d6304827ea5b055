// One case for each kind of fact: a subject, what its provider says of it, and of a stranger.
import type { FactCase } from '@saidao/testkit/facts';
import type {
  AnnuitySays,
  AppraisalSays,
  BureauSays,
  GuarantorSays,
  ListingsSays,
  RegisterEntry,
  RegisterSays,
  RegistrySays,
} from '../facts.ts';
import type { BureauSubject, GuaranteeRequest } from '../ports.ts';

export const controlNumber = '201710601862.3';
export const controlUscc = '91330200MA2L30049Q';
const unknown = { known: false } as const;

export const grantedEntry: RegisterEntry = {
  number: '201610345678.2',
  kind: 'invention',
  filed: '2016-05-27',
  granted: '2019-01-08',
  status: 'granted',
  owners: [{ name: '浙江示例智能锁科技有限公司', uscc: '91330100MA2H000142' }],
  pledged: false,
  preserved: false,
  suspended: false,
  licences: [{ kind: 'other', until: '2028-12-31' }],
  coOwnersConsent: null,
  sameDay: null,
  compensationDays: 31,
  ipc: ['E05B49/00', 'G07C9/00'],
  claims: 12,
  citations: 4,
  familyCountries: 2,
  bars: [],
};
const { number } = grantedEntry;
const stranger = '201810456789.X';
const uscc = '91330100MA2H000142';

export const registerCase: FactCase<string, RegisterSays> = {
  provider: 'patent-register',
  subject: number,
  name: number,
  says: { known: true, entry: grantedEntry },
  stranger,
  saysOfStrangers: unknown,
};

export const annuityCase: FactCase<string, AnnuitySays> = {
  provider: 'annuity',
  subject: number,
  name: number,
  says: { known: true, paidThroughYear: 11 },
  stranger,
  saysOfStrangers: unknown,
};

export const valuationCase: FactCase<string, AppraisalSays> = {
  provider: 'valuation',
  subject: number,
  name: number,
  says: {
    known: true,
    valueFen: 15_000_000_000n,
    appraiser: '浙江示例资产评估有限公司',
    reportId: 'ZP-2026-0630-1',
    appraisedOn: '2026-06-30',
    validUntil: '2027-06-29',
  },
  stranger,
  saysOfStrangers: unknown,
};

export const registryCase: FactCase<string, RegistrySays> = {
  provider: 'enterprise-registry',
  subject: uscc,
  name: uscc,
  says: {
    known: true,
    name: '浙江示例智能锁科技有限公司',
    status: 'in-business',
    established: '2009-03-12',
    regionCode: '330100',
    industryCode: 'C3569',
    registeredCapitalFen: 5_000_000_000n,
    insuredStaff: 790,
    groupHead: '91330100MA2H000142',
  },
  stranger: controlUscc,
  saysOfStrangers: unknown,
};

export const watchlistsCase: FactCase<string, ListingsSays> = {
  provider: 'watchlists',
  subject: uscc,
  name: uscc,
  says: {
    dishonestDebtor: { reference: '(2025)浙01执1234号', since: '2025-03-04' },
    seriousViolation: null,
  },
  stranger: controlUscc,
  saysOfStrangers: { dishonestDebtor: null, seriousViolation: null },
};

export const bureauCase: FactCase<BureauSubject, BureauSays> = {
  provider: 'credit-bureau',
  subject: { uscc, consentId: 'consent-1' },
  name: uscc,
  says: {
    known: true,
    creditFen: 8_000_000_000n,
    overdueFen: 0n,
    worstTier: 'normal',
    guaranteeFen: 0n,
  },
  stranger: { uscc: controlUscc, consentId: 'consent-2' },
  saysOfStrangers: unknown,
};

const request: GuaranteeRequest = {
  applicationId: 'application-1',
  institution: '浙江示例融资担保有限公司',
  uscc: controlUscc,
  sharePpm: 700_000,
  amountFen: 500_000_000n,
  key: 'application-1/1/guarantee',
};

export const guarantorCase: FactCase<GuaranteeRequest, GuarantorSays> = {
  provider: 'guarantor',
  subject: request,
  name: request.institution,
  says: { known: true, confirmed: true, reference: 'G00000001' },
  stranger: {
    ...request,
    institution: '杭州示例融资担保有限公司',
    key: 'application-2/1/guarantee',
  },
  saysOfStrangers: unknown,
};
