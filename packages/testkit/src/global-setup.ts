// Before the real-engine tests: engines in a temporary home, unless the environment names others.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngines } from '@saidao/local';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    brokers: string[];
    databaseUrl: string;
    redisUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = mkdtempSync(join(tmpdir(), 'saidao-test-'));
  const engines = await startEngines({
    home,
    ports: { kafka: 0, postgres: 0, redis: 0 },
    environment: process.env,
  });
  project.provide('brokers', engines.brokers);
  project.provide('databaseUrl', engines.databaseUrl);
  project.provide('redisUrl', engines.redisUrl);
  return async () => {
    await engines.stop();
    rmSync(home, { recursive: true, force: true });
  };
}
