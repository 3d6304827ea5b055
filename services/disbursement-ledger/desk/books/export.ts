// The books as text that a program of another maker reads, streamed: a journal for hledger.
import type { Transaction } from '@saidao/worker';
import { type Conversation, Parts } from '../conversation.ts';
import { inBooks } from '../database.ts';
import { entriesAsked, lendersOf, type EntryFilter } from './asked.ts';
import { accountName, openingLines, transactionLines, type JournalAccount } from './journal.ts';

export interface ExportQuestion extends EntryFilter {
  readonly databaseUrl: string;
}

/** How much was handed over, part by part. */
export interface Exported {
  readonly entries: number;
  readonly lines: number;
}

/** All of one moment, however long it takes. */
export async function exported(
  question: ExportQuestion,
  conversation: Conversation,
): Promise<Exported> {
  return inBooks(question.databaseUrl, async (books) => {
    const accounts = await accountsOf(books, question.lender);
    const names = new Map(accounts.map((one) => [`${one.lenderId} ${one.code}`, accountName(one)]));
    const nameOf = (lenderId: string, code: string): string => {
      const name = names.get(`${lenderId} ${code}`);
      if (name === undefined) throw new Error(`${lenderId} has no account ${code}.`);
      return name;
    };
    const parts = new Parts(conversation);
    await parts.add(openingLines(accounts));
    let entries = 0;
    for await (const page of entriesAsked(books, question)) {
      entries += page.length;
      await parts.add(page.flatMap((entry) => transactionLines(entry, nameOf)));
    }
    await parts.end();
    return { entries, lines: parts.count };
  });
}

async function accountsOf(books: Transaction, lender: string | null): Promise<JournalAccount[]> {
  const { rows } = await books.query<{
    lender_id: string;
    code: string;
    name: string;
    nature: JournalAccount['nature'];
  }>(
    `select lender_id, code, name, nature from book.accounts
     where lender_id = any($1) order by lender_id, code`,
    [await lendersOf(books, lender)],
  );
  return rows.map(({ lender_id, code, name, nature }) => ({
    ...{ lenderId: lender_id, code, name, nature },
  }));
}
