// What the outside world knows of a sound applicant: registration, debts, appraisals, persons.
import { createHash } from 'node:crypto';
import { fenOfYuan } from '@saidao/values';
import type { Sample, Submission } from './samples.ts';

type World = Sample['world'];

const APPRAISER = '浙江示例资产评估有限公司';
const APPRAISED = { appraisedOn: '2026-06-30', validUntil: '2027-06-29' };

/** In business, on no list, with the debts that it names itself and none overdue. */
export function registeredEnterpriseOf({
  enterprise,
  licence,
  persons = [],
}: Submission): World['enterprises'][number] {
  const { name, uscc, staff, founded, industry, workingCapital } = enterprise;
  const industryCode = /\(([A-T]\d{4})\)/.exec(industry)?.[1];
  if (founded === undefined || industryCode === undefined) {
    throw new RangeError(`${name} does not say when it was founded, or in which industry it is.`);
  }
  return {
    uscc,
    name,
    status: 'in-business',
    established: founded,
    // The code itself says where it was given.
    regionCode: uscc.slice(2, 8),
    industryCode,
    ...(staff !== undefined && { insuredStaff: staff }),
    ...(licence?.validTo !== undefined && { licenceValidTo: licence.validTo }),
    beneficialOwners: persons.filter(({ role }) => role === 'BENEFICIAL_OWNER').length,
    bureau: {
      creditFen: String(fenOfYuan(workingCapital?.existingLoans ?? '0')),
      overdueFen: '0',
      worstTier: 'normal',
      guaranteeFen: '0',
    },
  };
}

/** Each patent is worth what the applicant says that an appraiser found. */
export function appraisalsOf({ patents }: Submission): World['appraisals'] {
  return patents.flatMap(({ number, appraised }) =>
    appraised === undefined
      ? []
      : [
          {
            number,
            valueFen: String(fenOfYuan(appraised)),
            appraiser: APPRAISER,
            reportId: `appraisal-${number}`,
            ...APPRAISED,
          },
        ],
  );
}

/** That the enterprise agrees to be asked about at the credit bureau. */
export function consentOf(id: string): NonNullable<Submission['consents']>[number] {
  return { purpose: 'CREDIT_BUREAU', id: `consent-${id}`, signedOn: '2026-11-18' };
}

/** Who they say they are, in the offices that they are named in, on no list and without debts. */
export function knownPersonsOf({ enterprise, persons = [] }: Submission): World['persons'] {
  const known = new Map<string, World['persons'][number]>();
  for (const { role, name, idNumber } of persons) {
    const { offices = [] } = known.get(idNumber) ?? {};
    const office =
      role === 'LEGAL_REPRESENTATIVE' || role === 'BENEFICIAL_OWNER'
        ? [{ uscc: enterprise.uscc, office: role }]
        : [];
    known.set(idNumber, {
      idNumber,
      name,
      offices: [...offices, ...office],
      bureau: { overdueFen: '0', worstTier: 'normal' },
    });
  }
  return [...known.values()];
}

/** Each talent is recognised by the certificate that is named, in the grade that is named. */
export function recognisedTalentsOf({ enterprise, persons = [] }: Submission): World['talents'] {
  const certified = persons.filter(({ role }) => role === 'TALENT');
  return certified.flatMap(({ certificate, idNumber }, at) => {
    const grade = enterprise.talents?.[at]?.grade;
    return certificate === undefined || grade === undefined
      ? []
      : [{ certificate, grade, idNumber, validTo: '2029-12-31' }];
  });
}

type Papers = Required<Pick<Submission, 'licence' | 'persons'>>;
export interface Named {
  readonly name: string;
  readonly idNumber: string;
}

/** Licence and persons: one runs, owns and signs, and is the talent; another may own beside. */
export function papersOf(
  id: string,
  { enterprise }: Submission,
  [first, second]: readonly [Named, Named?],
): Papers {
  const { uscc, talents = [] } = enterprise;
  const consentId = `consent-${id}-person-1`;
  const holds = talents[0]?.holds ?? '0.60';
  return {
    licence: { number: uscc, documentHash: sha256Of(`licence of ${uscc}`) },
    persons: [
      { role: 'LEGAL_REPRESENTATIVE', ...first, consentId },
      { role: 'BENEFICIAL_OWNER', ...first, holds, consentId },
      ...(second === undefined
        ? []
        : ([
            {
              role: 'BENEFICIAL_OWNER',
              ...second,
              holds: '0.26',
              consentId: `consent-${id}-person-2`,
            },
          ] as const)),
      { role: 'SIGNATORY', ...first },
      ...talents.slice(0, 1).map(({ grade }) => ({
        role: 'TALENT' as const,
        ...first,
        certificate: `TALENT-${grade}-${uscc}`,
      })),
    ],
  };
}

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');
