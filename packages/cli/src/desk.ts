// Asks the desk of a service, a process of its own: what only that service knows is its to say.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROJECT_ROOT } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { Told } from './told.ts';

export type DeskService = 'scoring' | 'decisioning' | 'disbursement-ledger';

interface Desk {
  /** Writes one line; what is said next is its answer. */
  tell(line: string): void;
  /** The next line; undefined: it has ended. */
  next(): Promise<string | undefined>;
  end(): void;
}

/** Not by arguments: others may read those, and a database's address holds a password. */
function openDesk(service: DeskService): Desk {
  const main = join(PROJECT_ROOT, 'services', service, 'desk', 'main.ts');
  const child = spawn(process.execPath, [main], { stdio: ['pipe', 'pipe', 'inherit'] });
  // A desk that has ended reads no more; that it said nothing is told by whoever waits for it.
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    tell: (line) => void child.stdin.write(`${line}\n`),
    async next() {
      const { value, done } = await lines.next();
      return done === true ? undefined : value;
    },
    end: () => void child.stdin.end(),
  };
}

/** What a desk asks back before it answers, as a line of JSON, and the line that it is given. */
export type AskedBack = (line: string) => Promise<string>;

/** Rejects with a sentence where the desk has no answer. */
export async function askDesk(
  service: DeskService,
  question: object,
  askedBack?: AskedBack,
): Promise<unknown> {
  const desk = openDesk(service);
  try {
    desk.tell(JSON.stringify(question));
    for (;;) {
      const line = await desk.next();
      if (line === undefined) throw new Told(`The desk of ${service} ended without an answer.`);
      const said = JSON.parse(line) as { readonly answer?: unknown; readonly fault?: string };
      if (said.fault !== undefined) throw new Told(said.fault, EXIT.failed);
      if (!('answer' in said) && askedBack !== undefined) desk.tell(await askedBack(line));
      else return said.answer;
    }
  } finally {
    desk.end();
  }
}

export interface Rescorer {
  /** Its line of scores is handed on as it is: nobody between the two desks has to read it. */
  readonly askedBack: AskedBack;
  close(): void;
}

/** The desk of models as the desk of policies asks it for scores by another card. */
export function openRescorer(databaseUrl: string, ref: string): Rescorer {
  const desk = openDesk('scoring');
  desk.tell(JSON.stringify({ ask: 'rescore', databaseUrl, ref }));
  return {
    async askedBack(line) {
      const { rescore } = JSON.parse(line) as { readonly rescore: object };
      desk.tell(JSON.stringify(rescore));
      const scored = await desk.next();
      if (scored === undefined) throw new Told('The desk of scoring ended without an answer.');
      if (scored.startsWith('{"fault":')) {
        throw new Told((JSON.parse(scored) as { readonly fault: string }).fault, EXIT.failed);
      }
      return scored;
    },
    close: desk.end,
  };
}
