// The office of annuities over HTTP: through which year a patent's fees are paid.
import { assertAbout, assertOk, isNone, readerOf, type FactApi } from '@saidao/worker';
import { Type } from 'typebox';
import type { AnnuitySays } from '../../facts.ts';
import type { PatentsAt } from './register-http.ts';

const readPaid = readerOf(
  Type.Object({
    number: Type.String(),
    paidThroughYear: Type.Integer({ minimum: 0, maximum: 100 }),
  }),
);

/** Asked for at `<url>/<number>`. */
export function annuityApi({ url, controlNumber }: PatentsAt): FactApi<string, AnnuitySays> {
  return {
    nameOf: (number) => number,
    control: controlNumber,
    requestOf: (number) => ({ method: 'GET', url: `${url}/${encodeURIComponent(number)}` }),
    read(answer, number) {
      if (isNone(answer, 'patent-unknown')) return { known: false };
      assertOk(answer);
      const read = readPaid(answer);
      assertAbout(read.number, number);
      return { known: true, paidThroughYear: read.paidThroughYear };
    },
  };
}
