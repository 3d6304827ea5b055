// Tells the simulated outside world what it has to know of the applicants before a run.
import type { Applicant } from '@saidao/applicants';

const AT_ONCE = 64;

export async function seedWorld(address: string, applicants: Iterable<Applicant>): Promise<void> {
  const work = requestsOf(applicants);
  const seedSome = async () => {
    for (const [path, body] of work) await put(`${address}${path}`, body);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, seedSome));
}

function* requestsOf(applicants: Iterable<Applicant>): Generator<[string, object]> {
  const institutions = new Set<string>();
  for (const { world } of applicants) {
    for (const { number, ...patent } of world.register) {
      yield [`/control/register/patents/${number}`, patent];
    }
    for (const [name, { confirms }] of Object.entries(world.guarantors)) {
      if (institutions.has(name)) continue;
      institutions.add(name);
      yield [`/control/guarantor/institutions/${encodeURIComponent(name)}`, { confirms }];
    }
  }
}

async function put(url: string, body: object): Promise<void> {
  const answer = await fetch(url, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`The outside world refused ${url}: ${await answer.text()}`);
  await answer.body?.cancel();
}

export interface MovedPayout {
  readonly payoutId: string;
  readonly payee: string;
  readonly amountFen: string;
}

/** What the payout rail has really moved. */
export async function railBook(address: string): Promise<readonly MovedPayout[]> {
  const answer = await fetch(`${address}/rail/book`);
  return ((await answer.json()) as { payouts: MovedPayout[] }).payouts;
}
