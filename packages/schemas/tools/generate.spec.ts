// The committed generated files are what the generator gives, and the sources obey it.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generatedFiles } from './generate.ts';
import { readSources, selfContained, withoutDocs } from './source.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

describe('generatedFiles', () => {
  it.each(generatedFiles())('leaves $path as it is committed', ({ path, text }) => {
    expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text);
  });

  it('writes each event and its fields into docs/events.md', () => {
    const page = generatedFiles().find(({ path }) => path === 'docs/events.md')!.text;
    expect(page).toContain('### LoanApproved');
    expect(page).toContain('- `offerExpiresAt`: long. Epoch milliseconds.');
  });
});

describe('.avsc files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'avro-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const put = (file: string, text: string): void => {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  const record = (name: string, ...fields: object[]): string =>
    JSON.stringify({ type: 'record', name, namespace: 'saidao', doc: 'A sample.', fields });

  it('refer to each other by name, and are written out at first use', () => {
    put('shared/money.avsc', record('Money', { name: 'minor', type: 'long', doc: 'In fen.' }));
    const fields = ['a', 'b'].map((name) => ({ name, type: 'Money' }));
    put('loans/paid.avsc', record('Paid', ...fields));
    expect(withoutDocs(selfContained(readSources(folder), 'Paid'))).toEqual({
      type: 'record',
      name: 'Paid',
      namespace: 'saidao',
      fields: [
        {
          name: 'a',
          type: {
            type: 'record',
            name: 'Money',
            namespace: 'saidao',
            fields: [{ name: 'minor', type: 'long' }],
          },
        },
        { name: 'b', type: 'Money' },
      ],
    });
  });

  it('are named in every complaint', () => {
    put('paid.avsc', record('Paid', { name: 'a', type: 'double' }));
    expect(() => selfContained(readSources(folder), 'Paid')).toThrow(/paid\.avsc: At a .*double/);
    put('again.avsc', record('Paid', { name: 'a', type: 'int' }));
    expect(() => readSources(folder)).toThrow(/Paid stands in again\.avsc and in paid\.avsc/);
    put('again.avsc', '{');
    expect(() => readSources(folder)).toThrow(/again\.avsc is not JSON/);
    expect(() => selfContained(new Map(), 'Paid')).toThrow(/No \.avsc file defines Paid/);
  });
});
