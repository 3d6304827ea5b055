// Specs of the book: what a crash, a torn line, damage or a full disk make of it.
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type BookEntry, openBook } from './book.ts';
import { temporaryFolder } from './test-world.ts';

const seeded = (name: string): BookEntry => ({ type: 'institution-seeded', name, confirms: true });

async function bookOf(...names: string[]) {
  const folder = await temporaryFolder();
  const book = await openBook(join(folder, 'deep', 'er'));
  for (const name of names) book.append(seeded(name));
  await book.close();
  return { folder: join(folder, 'deep', 'er'), path: join(folder, 'deep', 'er', 'book.jsonl') };
}

async function entriesIn(folder: string) {
  const book = await openBook(folder);
  await book.close();
  return book.entries;
}

it('gives back what was appended, in order', async () => {
  const { folder } = await bookOf('a', '担保', 'line\nbreak');
  expect(await entriesIn(folder)).toEqual([seeded('a'), seeded('担保'), seeded('line\nbreak')]);
});

it('holds on disk what was flushed, though it was never closed', async () => {
  const { folder, path } = await bookOf();
  const book = await openBook(folder);
  for (let index = 0; index < 100; index += 1) book.append(seeded(String(index)));
  await book.flushed();
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(102);
  await book.close();
});

it('forgets a torn last line, also when it ends within a character, and goes on after it', async () => {
  const { folder, path } = await bookOf('a');
  await appendFile(path, Buffer.from(JSON.stringify(seeded('担'))).subarray(0, -19));
  const book = await openBook(folder);
  expect(book.entries).toEqual([seeded('a')]);
  book.append(seeded('b'));
  await book.close();
  expect(await entriesIn(folder)).toEqual([seeded('a'), seeded('b')]);
});

it('starts anew when even the first line is torn', async () => {
  const { folder, path } = await bookOf();
  await writeFile(path, '{"type":"book-op');
  expect(await entriesIn(folder)).toEqual([]);
  expect(await readFile(path, 'utf8')).toBe('{"type":"book-opened","version":2}\n');
});

it('refuses damage in the middle, and says where', async () => {
  const { folder, path } = await bookOf('a', 'b', 'c');
  const lines = (await readFile(path, 'utf8')).split('\n');
  lines[2] = '{"type":';
  await writeFile(path, lines.join('\n'));
  await expect(openBook(folder)).rejects.toThrow(/damaged in line 3\. Restore/);
});

it('refuses the book of another version', async () => {
  const { folder, path } = await bookOf();
  await writeFile(path, '{"type":"book-opened","version":1}\n');
  await expect(openBook(folder)).rejects.toThrow(/another version\. Delete it/);
});

it('is empty after a clear, but for what came later', async () => {
  const { folder } = await bookOf('a');
  const book = await openBook(folder);
  book.append(seeded('b'));
  book.clear();
  book.append(seeded('c'));
  await book.flushed();
  book.append(seeded('d'));
  await book.close();
  expect(await entriesIn(folder)).toEqual([seeded('c'), seeded('d')]);
});

it('takes nothing more once it is closed', async () => {
  const { folder } = await bookOf();
  const book = await openBook(folder);
  await book.close();
  expect(() => book.append(seeded('a'))).toThrow(/closed/);
});
