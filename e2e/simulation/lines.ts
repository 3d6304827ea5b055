// The whole line in one process: every service's lines with their own decisions, and our adapters.
import type { EventLog } from '@saidao/event-log';
import { fenOfYuan } from '@saidao/values';
import { callLogPostgres, type Database, type Line, type Transaction } from '@saidao/worker';
import { decisionStore } from '../../services/decisioning/adapters/decisions-postgres.ts';
import { readPolicies } from '../../services/decisioning/adapters/policy-files.ts';
import { decisioning } from '../../services/decisioning/worker.ts';
import { haltsIn } from '../../services/disbursement-ledger/adapters/halts-postgres.ts';
import { bookLine } from '../../services/disbursement-ledger/book.worker.ts';
import { products, world } from '../../services/disbursement-ledger/loan/shipped.ts';
import { payoutLine } from '../../services/disbursement-ledger/payout.worker.ts';
import { claimsIn } from '../../services/intake/adapters/claims-postgres.ts';
import { aliasesWith } from '../../services/intake/adapters/kyc/alias.ts';
import { personsBureauApi } from '../../services/intake/adapters/kyc/persons-bureau-http.ts';
import { personsApi } from '../../services/intake/adapters/kyc/persons-http.ts';
import { kycRegistryApi } from '../../services/intake/adapters/kyc/registry-http.ts';
import { talentsApi } from '../../services/intake/adapters/kyc/talents-http.ts';
import { readingIn } from '../../services/intake/adapters/reading-log.ts';
import { writeStatuses } from '../../services/intake/adapters/statuses-postgres.ts';
import { intake } from '../../services/intake/worker.ts';
import { creditBureauApi } from '../../services/patent-verification/adapters/enterprises/credit-bureau-http.ts';
import { enterpriseRegistryApi } from '../../services/patent-verification/adapters/enterprises/enterprise-registry-http.ts';
import { guarantorApi } from '../../services/patent-verification/adapters/enterprises/guarantor-http.ts';
import { watchlistsApi } from '../../services/patent-verification/adapters/enterprises/watchlists-http.ts';
import { annuityApi } from '../../services/patent-verification/adapters/patents/annuity-http.ts';
import { registerApi } from '../../services/patent-verification/adapters/patents/register-http.ts';
import { valuationApi } from '../../services/patent-verification/adapters/patents/valuation-http.ts';
import { readPolicy } from '../../services/patent-verification/adapters/policy-file.ts';
import { pledgeLine } from '../../services/patent-verification/pledge.worker.ts';
import { verifyLine } from '../../services/patent-verification/verify.worker.ts';
import { readModels, sha256 } from '../../services/scoring/adapters/model-files.ts';
import { scoreStore } from '../../services/scoring/adapters/scores-postgres.ts';
import { scoring } from '../../services/scoring/worker.ts';
import { factsOver, officeOver, railOver, type Asking } from './asking.ts';

export const BUSINESS_DATE = '2026-11-20';
const DAY_MS = 86_400_000;
// As the services' settings have them: a third of the session for a turn, four fifths of it for one.
const GATHER_MS_MAX = 2_666;
const CONTROL_USCC = '91330100MA2H000142';
const CONTROL_PATENT = '201710601862.3';

/** What a process of a service is made of. */
export interface Surroundings extends Asking {
  readonly database: Database;
  readonly log: EventLog;
  readonly partitions: number;
  readonly keyOf: (payoutId: string) => string;
}

// Read once: they are the same for each run, and no run changes them.
const policies = readPolicies();
const models = readModels();
const valuation = readPolicy();
const aliases = aliasesWith('a-key-for-the-simulation');

/** The lines of each service, as its compose puts them together. */
export const services = {
  intake(around) {
    const { database, log, partitions } = around;
    const calls = callLogPostgres(database, 'intake');
    const at = (provider: string) => ({
      url: `http://world/${provider}`,
      controlUscc: CONTROL_USCC,
      personOf: aliases.personOf,
    });
    return [
      intake({
        claims: claimsIn(database),
        record: writeStatuses,
        reading: readingIn({ log, group: 'saidao.intake', partitions }),
        businessDate: BUSINESS_DATE,
        sources: {
          registry: factsOver(around, 'enterprise-registry', kycRegistryApi(at('registry')), calls),
          persons: factsOver(around, 'persons', personsApi(at('persons')), calls),
          files: factsOver(around, 'persons-bureau', personsBureauApi(at('files')), calls),
          talents: factsOver(around, 'talents', talentsApi(at('talents')), calls),
        },
        gatherMsMax: GATHER_MS_MAX,
        kyc: { waitMs: 600_000, ownersExemptCapitalFen: fenOfYuan('10000000') },
      }),
    ];
  },
  'patent-verification'(around) {
    const calls = callLogPostgres(around.database, 'verify');
    const patents = (provider: string) => ({
      url: `http://world/${provider}`,
      controlNumber: CONTROL_PATENT,
    });
    const enterprises = (provider: string) => ({
      url: `http://world/${provider}`,
      controlUscc: CONTROL_USCC,
    });
    const register = factsOver(around, 'patent-register', registerApi(patents('register')), calls);
    const annuity = factsOver(around, 'annuity', annuityApi(patents('annuity')), calls);
    const bureau = creditBureauApi(enterprises('bureau'));
    const registry = enterpriseRegistryApi(enterprises('registry'));
    return [
      verifyLine({
        sources: {
          register,
          annuity,
          valuation: factsOver(around, 'valuation', valuationApi(patents('valuation')), calls),
          registry: factsOver(around, 'enterprise-registry', registry, calls),
          watchlists: factsOver(
            around,
            'watchlists',
            watchlistsApi(enterprises('watchlists')),
            calls,
          ),
          bureau: factsOver(around, 'credit-bureau', bureau, calls),
          guarantor: factsOver(around, 'guarantor', guarantorApi(enterprises('guarantor')), calls),
        },
        policy: {
          valuation,
          shelfLifeMs: 7 * DAY_MS,
          freshMs: 600_000,
          pledgeProducts: new Set(['IP_PLEDGE']),
        },
        gatherMsMax: GATHER_MS_MAX,
      }),
      pledgeLine({
        register,
        annuity,
        office: officeOver(around, calls),
        policy: {
          registrationMsMax: 3 * DAY_MS,
          officeHolidays: new Set(),
          pledgeConfirmedMs: DAY_MS,
          collateralWatchMs: DAY_MS,
        },
        gatherMsMax: GATHER_MS_MAX,
      }),
    ];
  },
  scoring: () => [scoring({ digest: sha256, champion: models.champion }, scoreStore)],
  decisioning: () => [decisioning(policies, decisionStore)],
  'disbursement-ledger'(around) {
    const rules = { products, world, unpaidAlarmAfterMs: 3_600_000 };
    return [
      { ...bookLine(rules), record: recordBook },
      payoutLine(railOver(around, around.keyOf), haltsIn(around.database)),
    ];
  },
} satisfies Readonly<Record<string, (around: Surroundings) => readonly object[]>>;

export type Service = keyof typeof services;
export const serviceNames = Object.keys(services) as readonly Service[];

export function linesOf(service: Service, around: Surroundings): readonly Line[] {
  return services[service](around) as unknown as readonly Line[];
}

/** In the place of the books' SQL: a model that keeps the rows and refuses what does not balance. */
async function recordBook(transaction: Transaction, rows: readonly object[]): Promise<void> {
  await transaction.prepared('book.record', '', [rows]);
}
