// What is asked for: its amount and its term.
import { cny, fenOfMoney, fenOfYuan } from '@saidao/values';
import type { Application } from '../figures.ts';
import { proRata } from '../limits.ts';
import { figureLever, type Lever } from './lever.ts';
import { months, yuan } from './units.ts';

/** Towards the least that the product lends: less from above, and more from below it. */
const amount = figureLever({
  kind: 'AMOUNT',
  subject: 'request.amount',
  unit: yuan,
  name: { zh: '申请金额', en: 'Amount asked for' },
  at: ({ content }) => fenOfMoney(content.request.amount),
  end(_, product) {
    const leastFen = fenOfYuan(product.amount.leastYuan);
    return ((leastFen + yuan.step - 1n) / yuan.step) * yuan.step;
  },
  set: withAmount,
});

/** The payees are paid less or more in proportion, and the credit line counts what is asked. */
function withAmount(application: Application, toFen: bigint): Application {
  const { content, score } = application;
  const { request } = content;
  const byFen = toFen - fenOfMoney(request.amount);
  const parts = proRata(
    request.payees.map((payee) => fenOfMoney(payee.amount)),
    toFen,
  );
  const payees = request.payees.map(({ name }, at) => ({ name, amount: cny(parts[at] ?? 0n) }));
  const line = score.derived?.creditLine ?? null;
  return {
    ...application,
    content: { ...content, request: { ...request, amount: cny(toFen), payees } },
    score:
      score.derived === null || line === null
        ? score
        : { ...score, derived: { ...score.derived, creditLine: cny(fenOfMoney(line) + byFen) } },
  };
}

/** Towards the shortest: no rule wants a term to be longer than the least of the product. */
const term = figureLever({
  kind: 'TERM',
  subject: 'request.termMonths',
  unit: months,
  name: { zh: '贷款期限', en: 'Term' },
  at: ({ content }) => BigInt(content.request.termMonths),
  end: (_, product) => BigInt(product.termMonths.least),
  set: (application, to) => ({
    ...application,
    content: {
      ...application.content,
      request: { ...application.content.request, termMonths: Number(to) },
    },
  }),
});

export const requestLevers: readonly Lever[] = [amount, term];
