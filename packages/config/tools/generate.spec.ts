// The papers of settings: what is collected, what is shared, and that every table comes in.
import { expect, it } from 'vitest';
import { oneOf, port, settings, url } from '../src/index.ts';
import { generatedFiles, sharedFirst, tableOf } from './generate.ts';

const registerUrl = {
  env: 'REGISTER_URL',
  parse: url,
  example: 'http://localhost:18090',
  doc: 'Register to ask.',
} as const;
const level = { env: 'LEVEL', parse: oneOf('a', 'b'), example: 'a', doc: 'A level.' } as const;
const at = (number: string) =>
  ({
    env: 'PORT',
    parse: port,
    default: number,
    example: number,
    doc: 'Port of the door.',
  }) as const;

it('finds the tables of a module by what they hold', () => {
  const module = {
    intakeSettings: settings({ registerUrl, port: at('18081') }),
    more: settings({ level, again: registerUrl }),
    text: 'no table',
    other: { env: 'no setting' },
    nothing: null,
    call: () => 1,
  };
  expect(Object.keys(tableOf(module))).toEqual(['REGISTER_URL', 'PORT', 'LEVEL']);
});

it('tells once what is read alike, and keeps apart what differs', () => {
  const sections = [
    { title: 'intake', table: tableOf({ a: { registerUrl, port: at('18081') } }) },
    { title: 'scoring', table: tableOf({ a: { registerUrl, port: at('18083'), level } }) },
    { title: 'alone', table: tableOf({ a: { registerUrl } }) },
  ];
  const told = sharedFirst(sections).map(({ title, table }) => [title, Object.keys(table)]);
  expect(told).toEqual([
    ['shared', ['REGISTER_URL']],
    ['intake', ['PORT']],
    ['scoring', ['PORT', 'LEVEL']],
  ]);
  expect(sharedFirst([{ title: 'one', table: { level } }])).toEqual([
    { title: 'one', table: { level } },
  ]);
});

it('makes the page and the example of the project', async () => {
  const [page, example] = await generatedFiles();
  expect(page?.path).toBe('docs/configuration.md');
  expect(page?.text).toContain('`OUTSIDE_WORLD_PORT`');
  expect(example?.path).toBe('.env.example');
  expect(example?.text).toContain('# OUTSIDE_WORLD_PORT=18090');
});
