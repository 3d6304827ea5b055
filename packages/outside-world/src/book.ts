// The book: a JSON-lines journal of all that happened outside, on disk before anybody is told of it.
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Annuity } from './facts/annuity.ts';
import type { BureauFile } from './facts/credit-bureau.ts';
import type { RegistryEntry } from './facts/enterprise-registry.ts';
import type { Person } from './facts/persons.ts';
import type { PersonFile } from './facts/persons-bureau.ts';
import type { PatentSeed } from './facts/register.ts';
import type { RecognisedTalent } from './facts/talents.ts';
import type { Appraisal } from './facts/valuation.ts';
import type { Listings } from './facts/watchlists.ts';
import type { ConfirmationRequest } from './guarantor.ts';
import type { RegistrationRequest } from './pledge-office.ts';
import type { PayoutRequest } from './rail/payout-rail.ts';

/** Everything the book can say; the state of every provider is what its entries say. */
export type BookEntry =
  | { readonly type: 'patent-seeded'; readonly number: string; readonly patent: PatentSeed }
  | { readonly type: 'annuity-seeded'; readonly number: string; readonly annuity: Annuity }
  | { readonly type: 'appraisal-seeded'; readonly number: string; readonly appraisal: Appraisal }
  | {
      readonly type: 'enterprise-seeded';
      readonly uscc: string;
      readonly registered: RegistryEntry;
    }
  | { readonly type: 'listings-seeded'; readonly uscc: string; readonly listings: Listings }
  | {
      readonly type: 'bureau-file-seeded';
      readonly uscc: string;
      /** Null: the bureau keeps none. */
      readonly file: BureauFile | null;
    }
  | { readonly type: 'person-seeded'; readonly idNumber: string; readonly person: Person }
  | {
      readonly type: 'person-file-seeded';
      readonly idNumber: string;
      /** Null: the bureau keeps none. */
      readonly file: PersonFile | null;
    }
  | {
      readonly type: 'talent-seeded';
      readonly certificate: string;
      readonly talent: RecognisedTalent;
    }
  | {
      readonly type: 'registration-filed';
      readonly registrationId: string;
      readonly key: string;
      readonly request: RegistrationRequest;
      readonly dueAtMs: number;
      /** Set when the office was told to reject: refused with this cause, come what may. */
      readonly rejection?: string;
    }
  | {
      readonly type: 'pledge-registered';
      readonly registrationId: string;
      readonly patents: readonly string[];
      readonly registrationNumber: string;
      readonly registeredAtMs: number;
    }
  | { readonly type: 'pledge-refused'; readonly registrationId: string; readonly cause: string }
  | { readonly type: 'pledge-released'; readonly registrationId: string }
  | { readonly type: 'institution-seeded'; readonly name: string; readonly confirms: boolean }
  | {
      readonly type: 'confirmation-given';
      readonly key: string;
      readonly request: ConfirmationRequest;
      readonly confirmed: boolean;
      readonly reference: string;
    }
  | {
      readonly type: 'payout-paid';
      /** The Idempotency-Key; left out: the payoutId. */
      readonly key?: string;
      readonly payout: PayoutRequest;
      readonly railReference: string;
      readonly paidAtMs: number;
    }
  | {
      readonly type: 'payout-rejected';
      readonly key?: string;
      readonly payout: PayoutRequest;
      readonly cause: string;
    }
  | { readonly type: 'callback-owed'; readonly key?: string; readonly payoutId: string }
  | { readonly type: 'callback-taken'; readonly key?: string; readonly payoutId: string };

/** Where providers write what has happened. */
export interface Recorder {
  /** Takes effect in memory at once, and is queued for the disk. */
  record(entry: BookEntry): void;
  /** Settles when everything recorded so far is on disk. */
  flushed(): Promise<void>;
}

export interface Book {
  /** What stood in the book when it was opened. */
  readonly entries: readonly BookEntry[];
  append(entry: BookEntry): void;
  /** Empties the book; what is appended afterwards stands. */
  clear(): void;
  flushed(): Promise<void>;
  close(): Promise<void>;
}

const fileName = 'book.jsonl';
const bookVersion = 2;
const headerLine = `${JSON.stringify({ type: 'book-opened', version: bookVersion })}\n`;

/** Opens the book of a folder, making both where they are missing. */
export async function openBook(folder: string): Promise<Book> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, fileName);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  // A line without its end was being written when the process died: nobody was told of it.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const entries = readLines(path, whole);

  const file = await open(path, 'a+');
  let sizeBytes = Buffer.byteLength(whole);
  await file.truncate(sizeBytes);
  if (sizeBytes === 0) {
    await file.appendFile(headerLine);
    sizeBytes = headerLine.length;
    await syncFolder(folder);
  }
  await file.datasync();

  // A null empties the book: what is queued before it needs no writing.
  let queue: (string | null)[] = [];
  let scheduled = false;
  let failure: Error | undefined;
  let tail = Promise.resolve();

  async function writeQueued(): Promise<void> {
    scheduled = false;
    const batch = queue;
    queue = [];
    const cleared = batch.lastIndexOf(null);
    const lines = batch.slice(cleared + 1).join('');
    try {
      if (cleared >= 0) {
        sizeBytes = 0;
        await file.truncate(0);
      }
      const bytes = Buffer.from(cleared >= 0 ? headerLine + lines : lines);
      await file.appendFile(bytes);
      await file.datasync();
      sizeBytes += bytes.length;
    } catch (cause) {
      failure = new Error(
        `The outside world's book ${path} cannot be written: ${String(cause)}. ` +
          'Make room or mend the folder, then start the outside world again.',
        { cause },
      );
      await file.truncate(sizeBytes).catch(() => {});
      throw failure;
    }
  }

  function enqueue(line: string | null): void {
    // Memory is ahead of the disk after a failure, so nothing more may be promised.
    if (failure !== undefined) throw failure;
    queue.push(line);
    if (scheduled) return;
    scheduled = true;
    tail = tail.then(writeQueued);
    tail.catch(() => {});
  }

  return {
    entries,
    append: (entry) => enqueue(`${JSON.stringify(entry)}\n`),
    clear: () => enqueue(null),
    flushed: () => tail,
    async close() {
      await tail.catch(() => {});
      failure ??= new Error(`The outside world's book ${path} is closed.`);
      await file.close();
    },
  };
}

function readLines(path: string, whole: string): BookEntry[] {
  const lines = whole.split('\n').slice(0, -1);
  const parsed = lines.map((line, index) => {
    try {
      return JSON.parse(line) as { type?: unknown; version?: unknown };
    } catch (cause) {
      throw new Error(
        `The outside world's book ${path} is damaged in line ${index + 1}. ` +
          'Restore the file, or delete it to start with an empty world.',
        { cause },
      );
    }
  });
  const header = parsed.shift();
  if (header !== undefined && (header.type !== 'book-opened' || header.version !== bookVersion)) {
    throw new Error(
      `The outside world's book ${path} was written by another version. ` +
        'Delete it to start with an empty world, or name another folder in OUTSIDE_WORLD_DATA.',
    );
  }
  return parsed as BookEntry[];
}

/** A new file is only there after a crash if its folder was synced too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
