// What the outside world knows of a sound applicant: its registration, its debts, its appraisals.
import { fenOfYuan } from '@saidao/values';
import type { Sample, Submission } from './samples.ts';

type World = Sample['world'];

const APPRAISER = '浙江示例资产评估有限公司';
const APPRAISED = { appraisedOn: '2026-06-30', validUntil: '2027-06-29' };

/** In business, on no list, with the debts that it names itself and none overdue. */
export function registeredEnterpriseOf({ enterprise }: Submission): World['enterprises'][number] {
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
