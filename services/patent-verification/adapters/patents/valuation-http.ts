// Appraisals over HTTP: what an appraiser found a patent to be worth, and until when that holds.
import { assertAbout, assertOk, dateIn, isNone, readerOf, type FactApi } from '@saidao/worker';
import { Type } from 'typebox';
import type { AppraisalSays } from '../../facts.ts';
import type { PatentsAt } from './register-http.ts';

const text = Type.String({ minLength: 1, maxLength: 200 });
const readAppraisal = readerOf(
  Type.Object({
    number: text,
    valueFen: Type.String({ pattern: '^[1-9][0-9]{0,17}$' }),
    appraiser: text,
    reportId: text,
    appraisedOn: text,
    validUntil: text,
  }),
);

/** Asked for at `<url>/appraisals/<number>`. */
export function valuationApi({ url, controlNumber }: PatentsAt): FactApi<string, AppraisalSays> {
  return {
    nameOf: (number) => number,
    control: controlNumber,
    requestOf: (number) => ({
      method: 'GET',
      url: `${url}/appraisals/${encodeURIComponent(number)}`,
    }),
    read(answer, number) {
      if (isNone(answer, 'appraisal-unknown')) return { known: false };
      assertOk(answer);
      const read = readAppraisal(answer);
      assertAbout(read.number, number);
      return {
        known: true,
        valueFen: BigInt(read.valueFen),
        appraiser: read.appraiser,
        reportId: read.reportId,
        appraisedOn: dateIn(read.appraisedOn),
        validUntil: dateIn(read.validUntil),
      };
    },
  };
}
