// `npm run torture`: all that can go wrong, case by case, and a table of what came of it.
import type { Case, Outcome } from './case.ts';
import { faultPointCases } from './points-case.ts';
import { realFaultCases } from '../real-faults/cases.ts';
import { tableOf, type Ran } from './table.ts';

const cases: readonly Case[] = [...faultPointCases(process.env), ...realFaultCases(process.env)];

const HELP = `npm run torture [-- WORD…]: cases whose group and name have all the words; none: every one.
  --list  says which there are
`;

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const words = args.filter((arg) => !arg.startsWith('--'));
  const chosen = cases.filter(({ group, name }) =>
    words.every((word) => `${group}: ${name}`.includes(word)),
  );
  if (args.includes('--list') || chosen.length === 0) {
    for (const { group, name } of cases) process.stdout.write(`${group}: ${name}\n`);
    return args.includes('--list') ? 0 : 1;
  }
  const ran: Ran[] = [];
  for (const of of chosen) {
    process.stdout.write(`${of.group}: ${of.name}\n`);
    const startedMs = performance.now();
    const outcome = await outcomeOf(of);
    ran.push({ of, outcome, seconds: (performance.now() - startedMs) / 1_000 });
  }
  process.stdout.write(tableOf(ran));
  return ran.every(({ outcome }) => outcome.findings.length === 0) ? 0 : 1;
}

/** A case that could not be run to its end has shown nothing: that is a finding too. */
async function outcomeOf(of: Case): Promise<Outcome> {
  try {
    return await of.run();
  } catch (error) {
    const says = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { runs: 0, checked: 'nothing', findings: [says] };
  }
}

process.exitCode = await main();
