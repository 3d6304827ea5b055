// The twelve grounds end to end through Kafka: of each one adverse, one clear, one unknown, and waived.
import type { ApplicationContent, Declaration, Finding, GroundFinding } from '@saidao/schemas';
import { patentNumberWithCheck } from '@saidao/values';
import { expect, it } from 'vitest';
import { businessDate, claim, content, enterprise, entryOf } from './applications.fixture.ts';
import type { RegisterEntry } from './facts.ts';
import { groundCodes } from './patents/grounds.ts';
import { newApplicationId, openService, type Service } from './service.fixture.ts';

const lenderId = 'exim-zj';
const partner = { name: '杭州示例传感科技有限公司', uscc: '91330106MA2J1002XH' };
const items = ['PARTIES', 'DEBT', 'TERM', 'PATENTS', 'SCOPE'];

interface Case {
  readonly code: string;
  readonly result: Finding;
  readonly entry?: Partial<RegisterEntry>;
  readonly paidThroughYear?: number;
  readonly change?: Partial<ApplicationContent>;
  /** Who stays silent about this patent. */
  readonly silent?: 'register' | 'annuity';
  readonly declared?: Partial<Declaration>;
}

const applicant = { name: enterprise.name, uscc: enterprise.uscc };
const model = { kind: 'utility-model', filed: '2022-06-19' } as const;
const adverse: readonly Case[] = [
  { code: 'PL01', result: 'ADVERSE', entry: { owners: [partner] } },
  { code: 'PL02', result: 'ADVERSE', entry: { status: 'terminated-waiver' } },
  { code: 'PL03', result: 'ADVERSE', entry: { status: 'in-examination' } },
  { code: 'PL04', result: 'ADVERSE', paidThroughYear: 7 },
  { code: 'PL05', result: 'ADVERSE', entry: { preserved: true } },
  { code: 'PL06', result: 'ADVERSE', entry: { filed: '2008-01-31' } },
  {
    code: 'PL07',
    result: 'ADVERSE',
    change: { contract: { reference: 'c-1', items, forfeiture: true } },
  },
  { code: 'PL08', result: 'ADVERSE', entry: { owners: [applicant, partner] } },
  { code: 'PL09', result: 'ADVERSE', entry: { pledged: true } },
  { code: 'PL10', result: 'ADVERSE', entry: { ...model, sameDay: '202210000000.4' } },
  { code: 'PL11', result: 'ADVERSE', entry: { status: 'in-invalidation' } },
  { code: 'PL12', result: 'ADVERSE', entry: { bars: ['an open licence is declared'] } },
];
const waived: readonly Case[] = [
  { ...adverse[7]!, result: 'WAIVED', declared: { ground: 'PL08', signedBy: partner.uscc } },
  { ...adverse[9]!, result: 'WAIVED', declared: { ground: 'PL10', signedBy: applicant.uscc } },
  { ...adverse[10]!, result: 'WAIVED', declared: { ground: 'PL11', signedBy: applicant.uscc } },
];
const clear: Case = { code: 'none', result: 'CLEAR' };
const byContract = { contract: { reference: 'c-1', items, forfeiture: null } };
const unknown: readonly Case[] = groundCodes.map((code) => {
  if (code === 'PL04') return { code, result: 'UNKNOWN', silent: 'annuity' };
  if (code === 'PL07') return { code, result: 'UNKNOWN', change: byContract };
  return { code, result: 'UNKNOWN', silent: 'register' };
});

it('judges each ground through Kafka as the world says it is', async () => {
  const service = await openService({}, 'kafka');
  const cases = [clear, ...adverse, ...waived, ...unknown];
  const run = await Promise.all(cases.map((one, index) => submit(service, one, index)));
  const findingOf = async ({ applicationId }: { readonly applicationId: string }) => {
    const says = await service.said('PatentsVerified', applicationId, { deadlineMs: 50_000 });
    return says.bundle.findings[0]!;
  };

  // What fails is unknown only where others are answered meanwhile, so that others go on coming.
  let isOver = false;
  const goOn = async () => {
    for (let index = cases.length; !isOver; index += 1) {
      await findingOf(await submit(service, clear, index));
    }
  };
  const judged = Promise.all(run.map(findingOf)).finally(() => (isOver = true));
  const [findings] = await Promise.all([judged, goOn()]);
  // Where nothing is wrong, every ground is clear.
  expect(Object.values(resultsOf(findings[0]!.grounds))).toEqual(groundCodes.map(() => 'CLEAR'));
  cases.forEach(({ code, result }, index) => {
    if (code === 'none') return;
    const { grounds, evidence, usable } = findings[index]!;
    expect({ code, result: resultsOf(grounds)[code] }).toEqual({ code, result });
    expect(usable).toBe(result === 'WAIVED');
    const named = grounds.find((ground) => ground.code === code)!;
    if (code !== 'PL07') expect(named.evidence.length).toBeGreaterThan(0);
    for (const provider of named.evidence) {
      expect(evidence.map((one) => one.provider)).toContain(provider);
    }
    if (result === 'WAIVED') expect(named.declarations).toEqual([`statement-${index}`]);
  });

  await expectKept(service, findings[0]!.evidence, run[0]!.applicationId);
});

const resultsOf = (grounds: readonly GroundFinding[]): Record<string, Finding> =>
  Object.fromEntries(grounds.map(({ code, result }) => [code, result]));

async function submit(service: Service, one: Case, index: number) {
  const { world } = service;
  const number = patentNumberWithCheck(`20201${String(1_000_000 + index)}`);
  await world.enter(entryOf(number, one.entry), one.paidThroughYear ?? 20);
  if (one.silent !== undefined) {
    await world.behave({ provider: one.silent, mode: 'failing', subject: number });
  }
  const declarations: Declaration[] =
    one.declared === undefined
      ? []
      : [
          {
            ground: '',
            patentNumber: number,
            statementId: `statement-${index}`,
            signedBy: '',
            signedOn: '2026-11-18',
            documentHash: 'a'.repeat(64),
            ...one.declared,
          },
        ];
  const applicationId = newApplicationId();
  await service.append('ApplicationReceived', {
    applicationId,
    revision: 1,
    lenderId,
    channel: 'portal',
    reference: applicationId,
    businessDate,
    submittedBy: null,
    content: content({ patents: [claim(number, '1000000')], declarations, ...one.change }),
  });
  return { applicationId, number };
}

/** Each piece of evidence leads to a row with the raw answer, whose hash it bears. */
async function expectKept(
  service: Service,
  evidence: readonly { provider: string; answerHash: string | null; keptAt: string | null }[],
  applicationId: string,
): Promise<void> {
  expect(evidence.map(({ provider }) => provider)).toEqual([
    'patent-register',
    'annuity',
    'valuation',
  ]);
  for (const { keptAt, answerHash, provider } of evidence) {
    const [table, id] = (keptAt ?? '').split('/');
    expect(table).toBe('verify.provider_calls');
    const { rows } = await service.tables.database.query(
      `select provider, lender_id, application_id, purpose, answer_hash,
         encode(sha256(convert_to(answer, 'UTF8')), 'hex') as hash
       from verify.provider_calls where id = $1`,
      [id],
    );
    expect(rows).toEqual([
      {
        provider,
        lender_id: lenderId,
        application_id: applicationId,
        purpose: 'verification',
        answer_hash: answerHash,
        hash: answerHash,
      },
    ]);
  }
}
