// `npm run torture`: all that can go wrong, case by case, and a table of what came of it.
import type { Case } from './case.ts';
import { faultPointCases } from './points-case.ts';
import { realFaultCases } from '../real-faults/cases.ts';
import { runAll } from './run-all.ts';
import { tableOf } from './table.ts';

const cases: readonly Case[] = [...faultPointCases(process.env), ...realFaultCases(process.env)];

/** Much of a case is waiting for what has to become of it; each has a system of its own. */
const AT_ONCE = 3;

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
  const ran = await runAll(chosen, AT_ONCE, (line) => void process.stdout.write(`${line}\n`));
  process.stdout.write(tableOf(ran));
  return ran.every(({ outcome }) => outcome.findings.length === 0) ? 0 : 1;
}

process.exitCode = await main();
