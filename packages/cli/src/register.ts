// What register, annuity office and appraisers say, as a person at a terminal asks them.
import { Told } from './told.ts';

/** An answer as it was given; null: they know no such patent. */
export type Says = Readonly<Record<string, unknown>> | null;

export interface RegisterAccess {
  /** Base address of the outside world. */
  readonly address: string;
  /** The lender in whose account is asked. */
  readonly lenderId: string;
}

const REQUEST_MS_MAX = 5_000;

export const registerOf = (access: RegisterAccess, number: string): Promise<Says> =>
  ask(access, `/register/patents/${encodeURIComponent(number)}`);

export const annuityOf = (access: RegisterAccess, number: string): Promise<Says> =>
  ask(access, `/annuities/${encodeURIComponent(number)}`);

export const appraisalOf = (access: RegisterAccess, number: string): Promise<Says> =>
  ask(access, `/valuation/appraisals/${encodeURIComponent(number)}`);

async function ask({ address, lenderId }: RegisterAccess, path: string): Promise<Says> {
  const answer = await fetch(address + path, {
    headers: { 'x-account-id': lenderId },
    signal: AbortSignal.timeout(REQUEST_MS_MAX),
  }).catch((cause: unknown) => {
    const says = `The register does not answer at ${address}: see \`npx saidao status\`.`;
    throw new Told(says, 1, { cause });
  });
  const text = await answer.text();
  if (answer.status === 404 && /"(?:patent|appraisal)-unknown"/.test(text)) return null;
  if (!answer.ok) throw new Told(`The register refused ${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as Says;
}
