// The desk as a process: whoever asked it may have enough of what it says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

it('ends without a word where nobody reads its answer any more', async () => {
  const main = new URL('./main.ts', import.meta.url).pathname;
  const desk = spawn(process.execPath, [main], { stdio: ['pipe', 'pipe', 'pipe'] });
  desk.stdout.destroy();
  await once(desk.stdout, 'close');
  desk.stdin.end(`${JSON.stringify({ ask: 'schedule' })}\n`);
  const [said, [code]] = await Promise.all([text(desk.stderr), once(desk, 'exit')]);
  expect(said).toBe('');
  expect(code).toBe(0);
});
