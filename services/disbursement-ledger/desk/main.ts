// The desk of the ledger: a process that answers one question, put to it as JSON on its standard input.
import { createInterface } from 'node:readline';
import { DeskFault } from './fault.ts';
import { answerTo, type Question } from './questions.ts';

// By lines: a long answer is told in parts, and each waits until the one before has been taken.
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (said: unknown) => process.stdout.write(`${JSON.stringify(said)}\n`);

// Whoever asked may have enough: `saidao ledger entries | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  const { value: first } = await lines.next();
  say({ answer: await answerTo(JSON.parse(String(first)) as Question, { lines, say }) });
} catch (error) {
  const told = error instanceof Error ? error : new Error(String(error));
  say({ fault: told instanceof DeskFault ? told.message : (told.stack ?? told.message) });
}
