// The documents of the doors: valid OpenAPI, whole, and with examples that are what they show.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { examplesOf, faultsOfValue, operationsOf, responseOf, type OpenApi } from '@saidao/testkit';
import { describe, expect, it, test } from 'vitest';
import { services } from './doors.ts';

const ROOT = join(import.meta.dirname, '../..');

function read(service: string): OpenApi {
  const path = join(ROOT, 'docs/reference/openapi', `${service}.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as OpenApi;
}

test('every service with a door has papers', () => {
  const sources = globSync('services/*/{app,compose}.ts', { cwd: ROOT }).filter((path) =>
    /\bdoors:|buildRegistry/.test(readFileSync(join(ROOT, path), 'utf8')),
  );
  const found = sources.map((path) => path.split('/')[1]);
  expect(new Set(Object.keys(services))).toEqual(new Set(found));
});

describe.each(Object.keys(services))('the document of %s', (service) => {
  const papers = read(service);
  const operations = operationsOf(papers);

  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate({ ...papers });
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(papers.openapi).toBe('3.1.0');
  });

  it('names each operation once, and says what each does and answers', () => {
    const names = operations.map(({ operation }) => operation.operationId);
    expect(names.every((name) => /^[a-z][A-Za-z]+$/.test(name ?? ''))).toBe(true);
    expect(new Set(names).size).toBe(names.length);
    for (const { operation } of operations) {
      expect(operation.summary).toMatch(/^\S.*[^.]$/);
      expect(operation.tags).toHaveLength(1);
      for (const told of Object.values(operation.responses)) {
        const { description } = responseOf(papers, told);
        expect(description, `${operation.operationId}`).toMatch(/^(?!Default Response)\S/);
      }
    }
  });

  it('has an example of each body that is sent, and every example is what it shows', () => {
    const withBody = operations.filter(({ operation }) => operation.requestBody !== undefined);
    expect(examplesOf(papers).map(({ operation }) => operation)).toEqual(
      withBody.map(({ operation }) => operation),
    );
    const media = operations.flatMap(({ operation }) => [
      ...Object.values(operation.requestBody?.content ?? {}),
      ...Object.values(operation.responses).flatMap((told) =>
        Object.values(responseOf(papers, told).content ?? {}),
      ),
    ]);
    const shown = media.filter(({ example }) => example !== undefined);
    expect(
      shown.flatMap(({ schema = {}, example }) => faultsOfValue(papers, schema, example)),
    ).toEqual([]);
  });
});
