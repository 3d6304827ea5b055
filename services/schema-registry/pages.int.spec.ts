// The pages as a person sees them: in Chromium, with their content policy, and nothing from elsewhere.
import { execFileSync } from 'node:child_process';
import { chromiumProgram } from '@saidao/testkit';
import { createLogger, createMetrics } from '@saidao/worker';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildRegistry } from './app.ts';

const service = 'schema-registry';
const app = buildRegistry({
  logger: createLogger({ service, level: 'silent' }),
  metrics: createMetrics({ service, defaults: false }),
});
let browser: Browser;
let address: string;

beforeAll(async () => {
  address = await app.listen({ host: '127.0.0.1', port: 0 });
  const name = await chromiumProgram({ environment: { ...process.env } });
  const executablePath = execFileSync('which', [name], { encoding: 'utf8' }).trim();
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
}, 300_000);

afterAll(async () => {
  await browser.close();
  await app.close();
});

interface Looked {
  readonly page: Page;
  /** What the browser complains of, and whatever was asked for beyond this door. */
  readonly faults: readonly string[];
}

async function look(path: string): Promise<Looked> {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('requestfailed', (request) => faults.push(`${request.url()} failed`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !url.startsWith('data:')) faults.push(`${url} is elsewhere`);
  });
  await page.goto(`${address}${path}`);
  return { page, faults };
}

test('the page of the door shows each operation', { timeout: 120_000 }, async () => {
  const { page, faults } = await look('/docs');
  await page.waitForSelector('.opblock', { timeout: 60_000 });
  expect(await page.locator('.opblock').count()).toBeGreaterThan(20);
  await page.locator('.opblock', { hasText: '/schemas/ids/{id}/versions' }).first().click();
  await page.waitForSelector('.opblock-body', { timeout: 60_000 });
  expect(faults).toEqual([]);
});

test('the page of events shows each topic and event', { timeout: 120_000 }, async () => {
  const { page, faults } = await look('/events');
  expect(await page.locator('section').count()).toBe(19);
  await page.locator('article', { hasText: 'LoanApproved' }).first().locator('summary').click();
  await page.locator('nav a', { hasText: 'saidao.applications.v1' }).click();
  expect(page.url()).toBe(`${address}/events#topic-applications`);
  expect(faults).toEqual([]);
});
