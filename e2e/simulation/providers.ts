// The world outside: register, registries, bureaus, guarantors, pledge office and rail, with books.
import type { Sample } from '@saidao/applicants';
import { chanceOf } from './chance.ts';
import { outside, type VirtualTime } from './virtual-time.ts';

type Told = Sample['world'];

/** A request as it travels, and what is answered. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Instructed {
  readonly payoutId: string;
  readonly lenderId: string;
  readonly payee: string;
  readonly amountFen: bigint;
  readonly endToEndId: string;
}

/** Money that has really moved. */
export interface Move extends Instructed {
  readonly key: string;
  readonly railReference: string;
  readonly paidAtMs: number;
}

export type Outcome =
  | { readonly kind: 'paid'; readonly move: Move }
  | { readonly kind: 'rejected'; readonly instructed: Instructed; readonly cause: string };

interface Registration {
  readonly registrationId: string;
  readonly patents: readonly string[];
  readonly text: string;
  state: Answer;
}

export interface Outside {
  /** What is told of an applicant, before it applies. */
  learn(applicant: { readonly world: Told }): void;
  answer(request: Request): Answer;
  file(key: string, filing: { readonly patents: readonly string[] }, text: string): Answer;
  registration(id: string): Answer;
  release(id: string): Answer;
  pay(key: string, instructed: Instructed): Outcome | 'key-taken';
  find(key: string): Outcome | undefined;
  /** The rail's own book. */
  readonly moves: readonly Move[];
}

export interface OutsideOptions {
  readonly time: VirtualTime;
  readonly officeMs: number;
  /** The rail has settled a key, for the first time. */
  readonly onSettled: (outcome: Outcome) => void;
}

const none = (error: string): Answer => ({ status: 404, body: { error, message: error } });
const said = (body: object): Answer => ({ status: 200, body });

export function outsideWorld({ time, officeMs, onSettled }: OutsideOptions): Outside {
  const patents = new Map<string, Told['register'][number]>();
  const appraisals = new Map<string, Told['appraisals'][number]>();
  const enterprises = new Map<string, Told['enterprises'][number]>();
  const persons = new Map<string, Told['persons'][number]>();
  const talents = new Map<string, Told['talents'][number]>();
  const institutions = new Map<string, boolean>();
  const confirmations = new Map<string, object>();
  const registrations = new Map<string, Registration>();
  const idOfKey = new Map<string, string>();
  const pledgedBy = new Map<string, string>();
  const outcomes = new Map<string, Outcome>();
  const moves: Move[] = [];
  const ids = chanceOf(1);

  const sayPatent = (number: string): Answer => {
    const patent = patents.get(number);
    if (patent === undefined) return none('patent-unknown');
    const { annuityPaidThroughYear: _, pledged, ...facts } = patent;
    return said({
      ...{ granted: null, suspended: false, licences: [], sameDay: null, compensationDays: 0 },
      ...{ ipc: [], claims: null, citations: null, familyCountries: null, bars: [] },
      ...facts,
      pledged: pledged || pledgedBy.has(number),
    });
  };

  const answers: Readonly<Record<string, (key: string, request: Request) => Answer>> = {
    register: sayPatent,
    annuity(number) {
      const paidThroughYear = patents.get(number)?.annuityPaidThroughYear;
      return paidThroughYear === undefined
        ? none('patent-unknown')
        : said({ number, paidThroughYear });
    },
    valuation(number) {
      const found = appraisals.get(number);
      return found === undefined ? none('appraisal-unknown') : said(found);
    },
    registry(uscc) {
      const found = enterprises.get(uscc);
      if (found === undefined) return none('enterprise-unknown');
      const untold = { registeredCapitalFen: null, insuredStaff: null, groupHead: null };
      const kyc = { licenceValidTo: null, beneficialOwners: null, naturalHoldersOnly: null };
      return said({ ...untold, ...kyc, ...found });
    },
    watchlists(uscc) {
      const found = enterprises.get(uscc);
      const { dishonestDebtor = null, seriousViolation = null } = found ?? {};
      return said({ uscc, dishonestDebtor, seriousViolation });
    },
    bureau(_key, { body }) {
      const { uscc, consentId } = body as { uscc: string; consentId: string };
      if (consentId === '') return { status: 403, body: { error: 'consent-missing' } };
      const file = enterprises.get(uscc)?.bureau;
      return file == null ? none('file-unknown') : said({ uscc, ...file });
    },
    persons(_key, { body }) {
      const { name, idNumber, uscc } = body as { name: string; idNumber: string; uscc: string };
      const person = persons.get(idNumber);
      if (person === undefined || person.name !== name) {
        const identity = person === undefined ? 'unknown' : 'differs';
        return said({ uscc, identity, offices: null, dishonestDebtor: null });
      }
      const offices = person.offices.filter((one) => one.uscc === uscc).map(({ office }) => office);
      return said({
        ...{ uscc, identity: 'matches', offices },
        dishonestDebtor: person.dishonestDebtor ?? null,
      });
    },
    files(_key, { body }) {
      const { idNumber, consentId } = body as { idNumber: string; consentId: string };
      if (consentId === '') return { status: 403, body: { error: 'consent-missing' } };
      const file = persons.get(idNumber)?.bureau;
      return file == null ? none('file-unknown') : said(file);
    },
    talents(_key, { body }) {
      const { certificate, idNumber } = body as { certificate: string; idNumber: string };
      const talent = talents.get(certificate);
      if (talent === undefined) return none('certificate-unknown');
      const holder = talent.idNumber === idNumber ? 'matches' : 'differs';
      return said({ grade: talent.grade, holder, validTo: talent.validTo });
    },
    guarantor(_key, { body, idempotencyKey = '' }) {
      const { institution } = body as { institution: string };
      const first = confirmations.get(idempotencyKey);
      if (first !== undefined) return said(first);
      const confirmed = institutions.get(institution);
      if (confirmed === undefined) return none('institution-unknown');
      const confirmation = { confirmed, reference: `G${confirmations.size + 1}` };
      confirmations.set(idempotencyKey, confirmation);
      return said(confirmation);
    },
  };

  function settleRegistration(one: Registration): void {
    if ((one.state.body as { status: string }).status !== 'pending') return;
    const { registrationId, patents: numbers } = one;
    const refused = numbers.find((number) => {
      const patent = sayPatent(number).body as { status?: string; pledged?: boolean };
      return patent.status !== 'granted' || patent.pledged === true;
    });
    if (refused !== undefined) {
      const cause = `PL09 ${refused} cannot be pledged`;
      one.state = said({ registrationId, status: 'refused', cause });
      return;
    }
    for (const number of numbers) pledgedBy.set(number, registrationId);
    one.state = said({
      ...{ registrationId, status: 'registered' },
      registrationNumber: `Y202633${String(registrations.size).padStart(6, '0')}`,
      registeredAt: new Date(time.nowMs).toISOString(),
    });
  }

  return {
    moves,
    learn({ world }) {
      for (const one of world.register) patents.set(one.number, one);
      for (const one of world.appraisals) appraisals.set(one.number, one);
      for (const one of world.enterprises) enterprises.set(one.uscc, one);
      for (const one of world.persons) persons.set(one.idNumber, one);
      for (const one of world.talents) talents.set(one.certificate, one);
      for (const [name, { confirms }] of Object.entries(world.guarantors)) {
        institutions.set(name, confirms);
      }
    },
    answer(request) {
      const [provider = '', ...rest] = new URL(request.url).pathname.slice(1).split('/');
      return answers[provider]!(decodeURIComponent(rest.at(-1) ?? ''), request);
    },
    file(key, { patents: numbers }, text) {
      const known = registrations.get(idOfKey.get(key) ?? '');
      if (known !== undefined) {
        return known.text === text ? known.state : { status: 409, body: { error: 'key-reused' } };
      }
      const registrationId = `registration-${ids.int(0, 2 ** 31)}-${registrations.size + 1}`;
      const state = said({ registrationId, status: 'pending' });
      const registration = { registrationId, patents: numbers, text, state };
      registrations.set(registrationId, registration);
      idOfKey.set(key, registrationId);
      time.after(outside, officeMs, () => settleRegistration(registration));
      return state;
    },
    registration: (id) => registrations.get(id)?.state ?? none('registration-unknown'),
    release(id) {
      const one = registrations.get(id);
      if (one === undefined) return none('registration-unknown');
      const { status } = one.state.body as { status: string };
      if (status === 'pending' || status === 'registered') {
        for (const number of one.patents) {
          if (pledgedBy.get(number) === id) pledgedBy.delete(number);
        }
        one.state = said({ registrationId: id, status: 'released' });
      }
      return one.state;
    },
    pay(key, instructed) {
      const first = outcomes.get(key);
      if (first !== undefined) {
        const known = first.kind === 'paid' ? first.move : first.instructed;
        const isSame = known.payee === instructed.payee && known.amountFen === instructed.amountFen;
        return isSame ? first : 'key-taken';
      }
      const railReference = `R20261120${String(moves.length + 1).padStart(8, '0')}`;
      const move = { ...instructed, key, railReference, paidAtMs: Math.floor(time.nowMs) };
      moves.push(move);
      const outcome = { kind: 'paid' as const, move };
      outcomes.set(key, outcome);
      onSettled(outcome);
      return outcome;
    },
    find: (key) => outcomes.get(key),
  };
}
