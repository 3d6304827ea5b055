// The page that explains decisions: its rules, facts and figures are those of the tables and the code.
import { readFileSync } from 'node:fs';
import { fenOfYuan, formatPercent } from '@saidao/values';
import { describe, expect, it } from 'vitest';
import { policyFolder, readPolicy } from '../adapters/policy-files.ts';
import { caseNamed, policies } from '../cases.fixture.ts';
import { ruleTableOf, textIn } from '../policies/document.ts';
import { applicationOf, judged } from './application.fixture.ts';
import { noFacts } from './facts.ts';
import { gates } from './rules.ts';

const page = readFileSync(new URL('../../../docs/decisions-explained.md', import.meta.url), 'utf8');
const text = page.replaceAll(/\s+/g, ' ');

/** The cells of each row of the tables below a heading, as they stand. */
function rowsBelow(heading: string): string[][] {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s|-]+\|$/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
const named = (cell: string | undefined): string[] =>
  [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

/** As the page shortens them: the twelve grounds in one. */
function rulesIn(cell: string | undefined): string[] {
  const grounds = Array.from(
    { length: 12 },
    (_, at) => `adverse-pl${`${at + 1}`.padStart(2, '0')}`,
  );
  return named(
    cell?.replace('`adverse-pl01` to `adverse-pl12`', grounds.map((id) => `\`${id}\``).join()),
  );
}

const { tables } = readPolicy(policyFolder, 'czb-hz.v1.json');
const smartLock = judged(applicationOf(caseNamed('smart-lock-ip-pledge')));

describe('the page that explains decisions', () => {
  it('has the gates in their order, each with its rules', () => {
    const rows = rowsBelow('The gates, in their order').slice(1);
    expect(rows.map(([gate]) => named(gate)[0])).toEqual(gates);
    for (const [gate, , declines, refers] of rows.slice(0, -1)) {
      const ofGate = (table: 'knock-outs' | 'referrals') =>
        ruleTableOf(tables[table])
          .rows.filter(({ outputs }) => textIn(outputs.get('gate')) === named(gate)[0])
          .map(({ id }) => id)
          .sort();
      expect(rulesIn(declines).sort(), gate).toEqual(ofGate('knock-outs'));
      expect(rulesIn(refers).sort(), gate).toEqual(ofGate('referrals'));
    }
    const officers = ruleTableOf(tables.authority).rows.filter(
      ({ outputs }) => textIn(outputs.get('code')) !== '',
    );
    expect(named(rows.at(-1)?.[3]).sort()).toEqual(officers.map(({ id }) => id).sort());
  });

  it('has the limits that the table of limits has', () => {
    const { rows } = ruleTableOf(tables.limits);
    const names = new Set(rows.map(({ outputs }) => textIn(outputs.get('limit'))));
    expect(
      rowsBelow('What may be lent')
        .slice(1)
        .map(([name]) => named(name)[0]),
    ).toEqual([...names]);
  });

  it('has every fact and every figure, and no other', () => {
    const rows = rowsBelow('Every fact').map(([name]) => named(name)[0]);
    const told = smartLock.basis.facts.map(({ name }) =>
      name.replace(/^(limit|factor)\..*/, '$1.*'),
    );
    expect(rows.filter((name) => name !== undefined).sort()).toEqual([...new Set(told)].sort());
    expect(rows.slice(1, Object.keys(noFacts).length + 1)).toEqual(Object.keys(noFacts));
  });

  it('has the authority of each product', () => {
    const rows = rowsBelow('Who may approve').slice(1);
    const products = policies.refs.flatMap((ref) => policies.of(ref).policy.products);
    expect(rows).toHaveLength(products.length);
    for (const { id, authority } of products) {
      const row = rows.find(([name]) => name === id);
      const sums = row?.slice(1, 4).map((cell) => fenOfYuan(cell.replaceAll(',', '')));
      const { policyUpToYuan, officerUpToYuan, seniorOfficerUpToYuan } = authority;
      expect(sums).toEqual([policyUpToYuan, officerUpToYuan, seniorOfficerUpToYuan].map(fenOfYuan));
    }
  });

  it('works the smart lock through', () => {
    const shown = (name: string) => {
      const value = smartLock.basis.facts.find((fact) => fact.name === name)?.value ?? '';
      return (JSON.parse(value) as string).replace(/\B(?=(\d{3})+\.)/g, ',');
    };
    expect(text).toContain(
      `${shown('limit.asked')} asked, need ${shown('limit.need')}, security ` +
        `${shown('limit.security')}, product ${shown('limit.product-cap')}, headroom ` +
        `${shown('limit.exposure-headroom')}. What was asked binds.`,
    );
    expect(text).toContain(`Of the smart lock ${shown('credit')}: inclusive on no basis.`);
    const { lprPpm = 0, ratePpm = 0 } = smartLock.terms ?? {};
    const percent = (ppm: number) => formatPercent(ppm).replace('%', ' %');
    expect(text).toContain(
      `The smart lock: ${percent(lprPpm)} + 30 − 10 (AA) − 5 (pledge) + 10 (24`,
    );
    expect(text).toContain(`months) = ${percent(ratePpm)}.`);
  });
});
