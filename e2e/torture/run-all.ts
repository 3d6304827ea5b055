// Runs cases, some at once where they may be.
import type { Case, Outcome } from './case.ts';
import type { Ran } from './table.ts';

/** In the order of the cases, however they end; those that have to be alone are run last. */
export async function runAll(
  cases: readonly Case[],
  atOnce: number,
  tell: (line: string) => void = () => {},
): Promise<Ran[]> {
  const ran = new Map<Case, Ran>();
  const others = cases.filter(({ alone = false }) => !alone).values();
  const runSome = async (): Promise<void> => {
    for (const of of others) ran.set(of, await run(of));
  };
  await Promise.all(Array.from({ length: atOnce }, runSome));
  for (const of of cases) if (!ran.has(of)) ran.set(of, await run(of));
  return cases.map((of) => ran.get(of)!);

  async function run(of: Case): Promise<Ran> {
    tell(`begins: ${of.group}: ${of.name}`);
    const startedMs = performance.now();
    const outcome = await outcomeOf(of);
    const seconds = (performance.now() - startedMs) / 1_000;
    const result = outcome.findings.length === 0 ? 'ok' : outcome.findings.join('\n');
    tell(`ends after ${seconds.toFixed(0)} s: ${of.group}: ${of.name}: ${result}`);
    return { of, outcome, seconds };
  }
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
