// A sound submission to vary in tests.
import { submittedOf, type ApplicationSubmitted, type SubmissionJson } from '@saidao/schemas';

export const sound: SubmissionJson = {
  lender: 'boc-zj',
  channel: 'bank-portal',
  reference: 'R-1',
  product: 'NEW_QUALITY',
  enterprise: {
    name: '杭州示例传感科技有限公司',
    uscc: '91330106MA2J1002XH',
    sector: 'industry',
    industry: 'sensors (C3983)',
    staff: 64,
    scienceStaff: 26,
    founded: '2017-05-02',
    revenue: [
      { year: 2024, amount: '27000000.00' },
      { year: 2025, amount: '36000000.00' },
    ],
    talents: [{ grade: 'C', holds: '0.46', recognised: true }],
    workingCapital: {
      margin: '0.10',
      inventoryDays: 90,
      receivableDays: 75,
      payableDays: 60,
      prepaymentDays: 20,
      advanceDays: 15,
      ownFunds: '3000000.00',
      existingLoans: '1000000.00',
    },
  },
  request: {
    amount: '8000000.00',
    termMonths: 12,
    purpose: 'orders in hand',
    repayment: 'EQUAL_INSTALMENT',
    payees: [{ name: '供应商', amount: '8000000.00' }],
  },
  patents: [{ number: 'ZL201910234567.8', appraised: '1000000.00' }],
  contact: { name: '张三', phone: '13800000000' },
  licence: { number: '91330106MA2J1002XH', documentHash: 'a'.repeat(64) },
  persons: [
    {
      role: 'LEGAL_REPRESENTATIVE',
      name: '李示例',
      idNumber: '330199198501010013',
      consentId: 'consent-person-1',
    },
    {
      role: 'BENEFICIAL_OWNER',
      name: '李示例',
      idNumber: '330199198501010013',
      holds: '0.46',
      consentId: 'consent-person-1',
    },
    { role: 'SIGNATORY', name: '李示例', idNumber: '330199198501010013' },
    {
      role: 'TALENT',
      name: '李示例',
      idNumber: '330199198501010013',
      certificate: 'ZJ-C-2024-0001',
    },
  ],
};

export function submission(
  change: (body: SubmissionJson) => void = () => {},
): ApplicationSubmitted {
  const body = structuredClone(sound);
  change(body);
  return submittedOf(body);
}
