// Examples of a submission and an amendment, for the door's papers; nobody of this name exists.
import type { SubmissionJson } from '@saidao/schemas';

export const amendmentExample = {
  product: 'INNOVATION',
  enterprise: {
    name: '宁波示例新材料有限公司',
    uscc: '91330200MA2L30049Q',
    sector: 'industry',
    industry: 'advanced polymers (C2651)',
    staff: 35,
    scienceStaff: 17,
    founded: '2021-04-18',
    revenue: [
      {
        year: 2025,
        amount: '3800000.00',
      },
    ],
    rd: [
      {
        year: 2025,
        amount: '4600000.00',
      },
    ],
    qualifications: [],
    subsidies: [
      {
        year: 2025,
        amount: '600000.00',
        level: 'municipal',
      },
    ],
    equityRaised: '15000000.00',
    nextYearRdBudget: '9000000.00',
  },
  request: {
    amount: '5000000.00',
    termMonths: 36,
    purpose: 'pilot-run materials',
    repayment: 'INTEREST_MONTHLY_PRINCIPAL_AT_END',
  },
  patents: [],
  guarantee: {
    institution: '浙江示例融资担保有限公司',
    share: '0.70',
  },
  consents: [
    {
      purpose: 'CREDIT_BUREAU',
      id: 'consent-innovation-5m',
      signedOn: '2026-11-18',
    },
  ],
  licence: {
    number: '91330200MA2L30049Q',
    documentHash: '7c24e0e481c5349916a0ebba916320f5f8307a1143740a1547eee4d311f9b5aa',
  },
  persons: [
    {
      role: 'LEGAL_REPRESENTATIVE',
      name: '李示例',
      idNumber: '330391198001010017',
      consentId: 'consent-innovation-5m-person-1',
    },
    {
      role: 'BENEFICIAL_OWNER',
      name: '李示例',
      idNumber: '330391198001010017',
      holds: '0.60',
      consentId: 'consent-innovation-5m-person-1',
    },
    {
      role: 'SIGNATORY',
      name: '李示例',
      idNumber: '330391198001010017',
    },
  ],
} satisfies Omit<SubmissionJson, 'lender' | 'channel' | 'reference'>;

export const submissionExample: SubmissionJson = {
  lender: 'czb-hz',
  channel: 'guarantor-desk',
  reference: 'GD-2026-000117',
  ...amendmentExample,
};
