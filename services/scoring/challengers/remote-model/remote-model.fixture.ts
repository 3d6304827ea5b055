// The remote model as a process of its own, ended with the test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** Resolves with the address to send features to. */
export async function startRemoteModel(behaviour = 'sound'): Promise<string> {
  const child = spawn(process.execPath, [MAIN, '0', behaviour], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return said.toString().trim();
}
