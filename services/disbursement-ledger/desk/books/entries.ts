// The entries that somebody asks for, told in parts.
import { type Conversation, Parts } from '../conversation.ts';
import { inBooks } from '../database.ts';
import { DeskFault } from '../fault.ts';
import { entriesAsked, type EntryFilter } from './asked.ts';
import { entryForms, headerLines, linesOfEntry, type EntryForm } from './entry-lines.ts';

export interface EntriesQuestion extends EntryFilter {
  readonly databaseUrl: string;
  readonly form: EntryForm;
}

export async function entriesTold(
  question: EntriesQuestion,
  conversation: Conversation,
): Promise<{ readonly entries: number }> {
  const { form } = question;
  if (!entryForms.includes(form)) throw new DeskFault(`Forms are ${entryForms.join(', ')}.`);
  return inBooks(question.databaseUrl, async (books) => {
    const parts = new Parts(conversation);
    await parts.add(headerLines(form));
    let entries = 0;
    for await (const page of entriesAsked(books, question)) {
      entries += page.length;
      await parts.add(page.flatMap((entry) => linesOfEntry(entry, form)));
    }
    await parts.end();
    return { entries };
  });
}
