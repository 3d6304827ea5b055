// Cases that only root on Linux can run; elsewhere the table says so, and nothing is shown.
import type { Outcome } from '../torture/case.ts';

/** `what`, as "a small disk is mounted", is done by root on Linux alone. */
export async function whereRoot(what: string, work: () => Promise<Outcome>): Promise<Outcome> {
  const mayBe = process.platform === 'linux' && process.getuid?.() === 0;
  if (mayBe) return work();
  return { runs: 0, checked: `nothing: ${what} by root on Linux alone`, findings: [] };
}
