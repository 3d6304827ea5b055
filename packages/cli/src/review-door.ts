// Decisioning's review door as a person at the command line uses it, signed in by the local issuer.
import type { LocalPrincipal } from './access.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { signToken } from './issuer.ts';
import { reachOf } from './reach.ts';
import { Told } from './told.ts';

export interface QueuedReview {
  readonly applicationId: string;
  readonly product: string;
  readonly amount: string | null;
  readonly tier: string;
  readonly enterprise: { readonly name: string };
  readonly claimedBy: string | null;
  readonly approvers: readonly string[];
  readonly reasons: readonly { readonly code: string }[];
}

export interface Outcome {
  readonly actionId: string;
  readonly outcome: string;
  readonly cause: string | null;
  readonly zh: string;
  readonly en: string;
  readonly status: string;
}

export interface Acted {
  readonly actionId: string;
  /** Null: not known yet. */
  readonly outcome: Outcome | null;
}

export interface ReviewDoor {
  /** All that the question finds, page after page. */
  list(question: Readonly<Record<string, string>>): Promise<readonly QueuedReview[]>;
  show(applicationId: string): Promise<unknown>;
  outcome(actionId: string): Promise<Outcome>;
  act(applicationId: string, path: string, body: object): Promise<Acted>;
}

const TOKEN_MINUTES = 5;
const WAIT_S = 5;
const REQUEST_MS_MAX = 15_000;

export async function openReviews(
  context: CommandContext,
  as: LocalPrincipal,
): Promise<ReviewDoor> {
  const { decisioning, lenders } = reachOf(context);
  if (decisioning === null) {
    throw new Told('The address of decisioning is not known: set DECISIONING_URL, or `npm start`.');
  }
  const signing = { as, lenders, minutes: TOKEN_MINUTES, nowMs: Date.now() };
  const token = await signToken(context.home, signing);
  if (token === null) {
    throw new Told('Nothing has been started here yet, so no door would know you: `npm start`.');
  }

  async function ask(path: string, request: RequestInit = {}): Promise<Response> {
    const url = `${decisioning}${path}`;
    try {
      return await fetch(url, {
        ...request,
        headers: { authorization: `Bearer ${token}`, ...request.headers },
        signal: AbortSignal.timeout(REQUEST_MS_MAX),
      });
    } catch (error) {
      throw new Told(`${url} does not answer: see \`npx saidao status\`.`, EXIT.failed, {
        cause: error,
      });
    }
  }

  async function read<T>(path: string): Promise<T> {
    const answer = await ask(path);
    if (!answer.ok) throw toldOf(answer.status, (await answer.json()) as Refusal);
    return (await answer.json()) as T;
  }

  return {
    async list(question) {
      const all: QueuedReview[] = [];
      let after: string | null = null;
      do {
        const asked: Record<string, string> = { ...question };
        if (after !== null) asked['after'] = after;
        const page: { reviews: QueuedReview[]; next: string | null } = await read(
          `/v1/reviews?${new URLSearchParams(asked).toString()}`,
        );
        all.push(...page.reviews);
        after = page.next;
      } while (after !== null);
      return all;
    },
    show: (applicationId) => read(`/v1/reviews/${encodeURIComponent(applicationId)}`),
    outcome: (actionId) => read(`/v1/review-outcomes/${encodeURIComponent(actionId)}`),
    async act(applicationId, path, body) {
      const answer = await ask(`/v1/reviews/${encodeURIComponent(applicationId)}/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', prefer: `wait=${WAIT_S}` },
        body: JSON.stringify(body),
      });
      if (answer.status === 200) {
        const outcome = (await answer.json()) as Outcome;
        return { actionId: outcome.actionId, outcome };
      }
      const said = (await answer.json()) as Refusal & { actionId?: string; outcome?: Outcome };
      if (answer.status === 202) return { actionId: said.actionId ?? '', outcome: null };
      if (said.outcome) return { actionId: said.outcome.actionId, outcome: said.outcome };
      throw toldOf(answer.status, said);
    },
  };
}

interface Refusal {
  readonly error?: {
    readonly message: string;
    readonly faults: readonly { readonly path: string; readonly message: string }[];
  };
}

function toldOf(status: number, { error }: Refusal): Told {
  const faults = (error?.faults ?? []).map(({ path, message }) => `\n  ${path} ${message}`);
  return new Told(`${status} ${error?.message ?? ''}${faults.join('')}`);
}
