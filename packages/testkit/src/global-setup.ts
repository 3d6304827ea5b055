// Before the real-engine tests: engines in a temporary home or in containers, unless the environment names others.
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

interface TestEngines {
  readonly brokers: string[];
  readonly databaseUrl: string;
  readonly redisUrl: string;
  stop(): Promise<void>;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { brokers, databaseUrl, redisUrl, stop } = await startChosen(
    process.env['SAIDAO_TEST_ENGINES'] || 'local',
  );
  project.provide('brokers', brokers);
  project.provide('databaseUrl', databaseUrl);
  project.provide('redisUrl', redisUrl);
  return stop;
}

async function startChosen(where: string): Promise<TestEngines> {
  if (where === 'local') return startLocal();
  if (where !== 'containers') {
    throw new Error(`SAIDAO_TEST_ENGINES is ${where}: say local or containers.`);
  }
  // Loaded only when asked for: it looks for a container engine.
  const { startContainerEngines } = await import('./container-engines.ts');
  return startContainerEngines();
}

async function startLocal(): Promise<TestEngines> {
  const home = mkdtempSync(join(tmpdir(), 'saidao-test-'));
  const { brokers, databaseUrl, redisUrl, ...engines } = await startEngines({
    home,
    ports: { kafka: 0, postgres: 0, redis: 0 },
    environment: process.env,
  });
  const stop = async () => {
    await engines.stop();
    rmSync(home, { recursive: true, force: true });
  };
  return { brokers, databaseUrl, redisUrl, stop };
}
