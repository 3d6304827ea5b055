// Scratch.
import { toJson } from '@saidao/values';
import {
  assessorOf,
  cases,
  contentOf,
  scoredOf,
  locked,
  asOf,
  policies,
} from '../cases.fixture.ts';
import { assess } from './assess.ts';
const apps = cases.map((c) => ({
  lenderId: c.lender,
  businessDate: asOf,
  content: contentOf(c),
  score: scoredOf(c),
  pledge: c.product === 'IP_PLEDGE' ? { locked: locked(c).patents, refused: [] } : null,
  exposureFen: 0n,
  lpr: policies.lprOn(asOf),
}));
const N = Number(process.argv[2] ?? 20000);
for (const [name, f] of Object.entries({
  assess: (a: any) => assess(assessorOf(a.lenderId), a),
  json: (a: any) => toJson(a),
  hash: (a: any) => policies.digest(toJson(a)),
})) {
  for (let i = 0; i < 2000; i++) f(apps[i % apps.length]);
  const t = performance.now();
  for (let i = 0; i < N; i++) f(apps[i % apps.length]);
  const ms = performance.now() - t;
  console.log(
    name,
    Math.round((N / ms) * 1000),
    '/s',
    ((ms * 1000) / N).toFixed(1),
    'us',
    toJson(apps[0]).length,
  );
}
