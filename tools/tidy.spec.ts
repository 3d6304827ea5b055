// Every house check on bad and good samples, and all of them on the project itself.
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { houseOf, loadHouse } from './house.ts';
import { checks, linesOf } from './tidy.ts';

interface Sample {
  readonly check: string;
  readonly bad?: Readonly<Record<string, string>>;
  /** The path and line that is found, and part of what is said. */
  readonly found?: string;
  readonly good?: Readonly<Record<string, string>>;
}

const first = '// Holds a sample.\n';
const manifests = {
  'package.json': JSON.stringify({
    name: 'saidao',
    version: '0.1.0',
    scripts: { test: 'node bin/test.mjs' },
    devDependencies: { vitest: '5', 'fast-check': '4' },
  }),
  'packages/values/package.json': manifest('@saidao/values'),
  'packages/schemas/package.json': manifest('@saidao/schemas', '@saidao/values'),
  'packages/event-log/package.json': manifest('@saidao/event-log', 'kafkajs'),
  'packages/worker/package.json': manifest('@saidao/worker', 'pg', '@saidao/schemas'),
  'packages/testkit/package.json': manifest('@saidao/testkit'),
  'services/intake/package.json': manifest('@saidao/intake', '@saidao/values', '@saidao/schemas'),
  'services/scoring/package.json': manifest('@saidao/scoring', '@saidao/values'),
};
// The words and calls are put together here, so that the checks do not find them in this file.
const [later, look] = ['TO' + 'DO', '@ts-' + 'ignore'];

const samples: readonly Sample[] = [
  { check: 'first-line', bad: { 'a.ts': 'const a = 1;\n' }, found: 'a.ts:1' },
  { check: 'first-line', bad: { 'a.ts': '\n// Late.\n' }, found: 'a.ts:1' },
  { check: 'first-line', bad: { 'a.ts': '// no capital.\n' }, found: 'a.ts:1' },
  { check: 'first-line', bad: { 'a.ts': '// No full stop\n' }, found: 'a.ts:1' },
  { check: 'first-line', bad: { 'bin/a.mjs': '#!/usr/bin/env node\nrun();\n' }, found: ':2' },
  { check: 'first-line', bad: { 'm/1.sql': 'create table a ();' }, found: 'm/1.sql:1' },
  { check: 'first-line', bad: { 'a.sh': '#!/bin/sh\nset -eu\n' }, found: 'a.sh:2' },
  { check: 'first-line', bad: { 'a.py': 'import sys\n' }, found: 'a.py:1' },
  {
    check: 'first-line',
    good: {
      'a.ts': first,
      'bin/a.mjs': `#!/usr/bin/env node\n${first}`,
      'm/1.sql': '-- Holds a table.\n',
      'a.sh': '#!/bin/sh\n# Runs a sample.\n',
      'a.py': '"""Holds a sample."""\n',
      'src/generated/events.ts': 'export {};',
      'fixtures/a.ts': 'export {};',
      'a.d.ts': 'export {};',
    },
  },
  {
    check: 'line-length',
    bad: { 'a.ts': `${first}// ${'word '.repeat(21)}` },
    found: 'a.ts:2 line-length: 108 characters',
  },
  { check: 'line-length', bad: { 'a.ts': `// ${'A'.repeat(120)}.\n` }, found: 'a.ts:1' },
  { check: 'line-length', bad: { 'a.ts': `${first}${'a + '.repeat(30)}'b';` }, found: 'a.ts:2' },
  {
    check: 'line-length',
    good: {
      'a.ts': `// ${'A'.repeat(110)}.\n${'a'.repeat(100)}\nf('${'long '.repeat(30)}');\n`,
      'b.ts': `// See https://a.example/${'path/'.repeat(30)}\n`,
      'c.md': 'word '.repeat(50),
    },
  },
  { check: 'file-names', bad: { 'src/date-utils.ts': first }, found: 'it holds: utils' },
  { check: 'file-names', bad: { 'src/helpers/date.ts': first }, found: 'it holds: helpers' },
  { check: 'file-names', bad: { 'src/LaneManager.ts': first }, found: 'kebab-case' },
  { check: 'file-names', bad: { 'src/lane_assigner.ts': first }, found: 'kebab-case' },
  { check: 'file-names', good: { 'src/lane-assigner.int.spec.ts': first, 'main.ts': first } },
  { check: 'type-names', bad: { 'a.ts': 'interface ILedger {}' }, found: 'interface ILedger' },
  { check: 'type-names', good: { 'a.ts': 'interface Ink {}\n// interface ILedger\n' } },
  {
    check: 'words',
    bad: { 'a.ts': `${first}// ${later}: later` },
    found: `a.ts:2 words: ${later}`,
  },
  { check: 'words', bad: { 'a.ts': `// ${look}` }, found: look },
  { check: 'words', bad: { 'docs/a.md': `${later} write` }, found: 'docs/a.md:1' },
  { check: 'words', good: { 'a.ts': 'const toDo = METHODOLOGY;' } },
  { check: 'environment', bad: { 'services/a/worker.ts': 'f(process.env.PORT)' }, found: ':1' },
  { check: 'environment', bad: { 'a.ts': "import { env } from 'node:process';" }, found: ':1' },
  { check: 'environment', bad: { 'a.spec.ts': 'f(process.env.KAFKA_BROKERS)' }, found: ':1' },
  {
    check: 'environment',
    good: {
      'services/a/main.ts': 'f(process.env)',
      'bin/a.mjs': 'f(process.env)',
      'packages/testkit/src/engines.ts': 'f(process.env)',
      'a.spec.ts': 'spawn(node, { env: { ...process.env, PORT: "0" } })',
      'b.ts': '// never process.env here\n"process.env"',
    },
  },
  { check: 'node-env', bad: { 'a/main.ts': 'if (process.env.NODE_ENV) f()' }, found: ':1' },
  { check: 'node-env', bad: { 'a/main.ts': "f(env['NODE_ENV'])" }, found: ':1' },
  { check: 'node-env', good: { 'a.ts': '// no NODE_ENV\n' } },
  {
    check: 'spec-calls',
    bad: { 'a.spec.ts': 'await new Promise((resolve) => setTimeout(resolve, 50));' },
    found: 'no sleeping',
  },
  {
    check: 'spec-calls',
    bad: { 'a.spec.ts': 'await new Promise<void>(r => { setTimeout(r, 50); });' },
    found: 'no sleeping',
  },
  { check: 'spec-calls', bad: { 'a.spec.ts': 'await sleep(50);' }, found: 'no sleeping' },
  {
    check: 'spec-calls',
    bad: { 'a.spec.ts': "import { setTimeout } from 'node:timers/promises';" },
    found: 'no sleeping',
  },
  { check: 'spec-calls', bad: { 'a.spec.ts': 'it.skip("a", f);' }, found: 'it.skip: no skipped' },
  { check: 'spec-calls', bad: { 'a.spec.ts': 'describe.only("a", f);' }, found: 'describe.only' },
  { check: 'spec-calls', bad: { 'a.spec.ts': 'const f = vi.fn();' }, found: 'vi.fn: no mocks' },
  {
    check: 'spec-calls',
    good: {
      'a.spec.ts': 'test.each([1])("%d", f); await vi.waitFor(f); // it.skip',
      'b.spec.ts':
        'new Promise((resolve, reject) => { setTimeout(() => reject(e), 9); on(resolve) })',
      'c.spec.ts': 'vi.useFakeTimers(); await new Promise((resolve) => setTimeout(resolve, 50));',
      'd.ts': 'await sleep(50);',
    },
  },
  {
    check: 'package-direction',
    bad: { 'packages/values/src/a.ts': "import '@saidao/schemas';" },
    found: 'packages/values may not know @saidao/schemas',
  },
  {
    check: 'package-direction',
    bad: { 'packages/schemas/src/a.ts': "import type { A } from '@saidao/event-log';" },
    found: 'may not know @saidao/event-log',
  },
  {
    check: 'package-direction',
    bad: { 'packages/worker/src/a.ts': "import '@saidao/intake';" },
    found: '@saidao/intake is a service',
  },
  {
    check: 'package-direction',
    bad: { 'services/scoring/a.ts': "import { b } from '@saidao/intake';" },
    found: '@saidao/intake is a service',
  },
  {
    check: 'package-direction',
    bad: { 'services/scoring/a.ts': "import { b } from '@saidao/testkit';" },
    found: 'services/scoring may not know @saidao/testkit',
  },
  {
    check: 'package-direction',
    good: {
      'packages/schemas/src/a.ts': "import '@saidao/values';",
      'packages/event-log/src/a.int.spec.ts': "import '@saidao/testkit'; import './builder.ts';",
      'packages/event-log/src/builder.ts': "import '@saidao/testkit';",
      'services/scoring/a.ts': "import '@saidao/worker';",
      'bench/a.ts': "import '@saidao/worker';",
    },
  },
  {
    check: 'entry-only',
    bad: { 'services/scoring/a.ts': "import '@saidao/values/src/money.ts';" },
    found: 'is not among the exports',
  },
  {
    check: 'entry-only',
    bad: { 'services/scoring/a.ts': "import '../intake/decide.ts';" },
    found: '../intake/decide.ts leaves services/scoring',
  },
  {
    check: 'entry-only',
    good: {
      'services/scoring/adapters/a.ts': "import '../decide.ts'; import '@saidao/values';",
      'bench/a.ts': "import '../e2e/b.ts';",
    },
  },
  {
    check: 'kept-libraries',
    bad: { 'services/intake/a.ts': "import { Kafka } from 'kafkajs';" },
    found: 'kafkajs is imported in packages/event-log',
  },
  {
    check: 'kept-libraries',
    good: { 'packages/event-log/src/a.ts': "import { Kafka } from 'kafkajs';" },
  },
  {
    check: 'declared',
    bad: { 'services/intake/a.ts': "import pg from 'pg';" },
    found: 'pg is not among the dependencies of services/intake',
  },
  {
    check: 'declared',
    bad: { 'services/scoring/a.ts': "import '@saidao/schemas';" },
    found: '@saidao/schemas is not among',
  },
  {
    check: 'declared',
    bad: { 'services/scoring/a.ts': "import fc from 'fast-check';" },
    found: 'fast-check is not among',
  },
  { check: 'declared', bad: { 'tools/a.ts': "import 'left-pad';" }, found: 'left-pad is not' },
  {
    check: 'declared',
    good: {
      'packages/worker/src/a.ts': "import pg from 'pg/lib/a.js'; import 'node:fs';",
      'services/scoring/a.spec.ts': "import 'vitest'; import '@saidao/schemas'; import './b.ts';",
      'services/scoring/b.ts': "import fc from 'fast-check'; import './c.ts';",
      'services/scoring/c.ts': "import fc from 'fast-check';",
      'services/scoring/d.ts': "import type { Test } from 'vitest';",
      'tools/a.ts': "import 'vitest'; import '@saidao/values';",
    },
  },
  {
    check: 'domain-imports',
    bad: { 'services/intake/decide.ts': "import { createHash } from 'node:crypto';" },
    found: 'the domain may not know node:crypto',
  },
  {
    check: 'domain-imports',
    bad: { 'services/intake/pledge.decide.ts': "import { topics } from '@saidao/schemas';" },
    found: 'of @saidao/schemas the domain takes types only',
  },
  {
    check: 'domain-imports',
    bad: { 'services/intake/postings.ts': "import type { Ask } from './ports.ts';" },
    found: 'the domain may not know ./ports.ts',
  },
  {
    check: 'domain-imports',
    bad: {
      'services/intake/decide.ts': "import { a } from './grounds.ts';",
      'services/intake/grounds.ts': "import pg from 'pg';",
    },
    found: 'services/intake/grounds.ts:1 domain-imports: the domain may not know pg',
  },
  {
    check: 'domain-imports',
    good: {
      'services/intake/decide.ts':
        "import { sumFen } from '@saidao/values';\nimport type { A } from '@saidao/schemas';\n" +
        "import type { Incoming } from '@saidao/worker';\nimport a from './grounds.ts';\n" +
        "import card from './card.json' with { type: 'json' };",
      'services/intake/grounds.ts': "import { addDays } from '@saidao/values';",
      'services/intake/decide.spec.ts': "import fc from 'fast-check';",
      'services/intake/worker.ts': "import pg from 'pg';",
    },
  },
  ...[
    'a(Date.now());',
    'const now = new Date(0);',
    'const id = Math.random();',
    'const decide = async () => {};',
    'await ask();',
    'setTimeout(f, 1);',
    'console.log(a);',
    'f(process.argv);',
    'const a = fetch("http://b");',
    'crypto.randomUUID();',
  ].map((text) => ({
    check: 'domain-calls',
    bad: { 'services/intake/decide.ts': text },
    found: 'services/intake/decide.ts:1',
  })),
  {
    check: 'domain-calls',
    bad: {
      'services/intake/decide.ts': "import './grounds.ts';",
      'services/intake/grounds.ts': 'Date.now();',
    },
    found: 'services/intake/grounds.ts:1',
  },
  {
    check: 'domain-calls',
    good: {
      'services/intake/decide.ts':
        'const businessDate: BusinessDate = isDate(awaited); // new Date()',
      'services/intake/main.ts': 'Date.now();',
      'services/intake/decide.spec.ts': 'await new Date();',
    },
  },
  {
    check: 'real-log',
    bad: { 'services/intake/main.ts': 'await runWorker({ openLog: () => log });' },
    found: 'services/intake/main.ts:1 real-log: openLog',
  },
  {
    check: 'real-log',
    bad: {
      'services/intake/main.ts': "import './adapters/log.ts';",
      'services/intake/adapters/log.ts': 'export const log = new MemoryBroker();',
    },
    found: 'services/intake/adapters/log.ts:1 real-log: MemoryBroker',
  },
  {
    check: 'real-log',
    good: {
      'services/intake/main.ts': "await runWorker({ service: 'intake' }); // no openLog",
      'services/intake/intake.int.spec.ts': "import './service.fixture.ts';",
      'services/intake/service.fixture.ts': 'startWorker({ openLog: () => log });',
    },
  },
  {
    check: 'service-direction',
    bad: { 'services/intake/worker.ts': "import { a } from './adapters/register-http.ts';" },
    found: './adapters/register-http.ts is an edge',
  },
  {
    check: 'service-direction',
    bad: { 'services/intake/pledge.ports.ts': "import type { A } from './config.ts';" },
    found: './config.ts is an edge',
  },
  {
    check: 'service-direction',
    good: {
      'services/intake/worker.ts': "import './decide.ts'; import type { A } from './ports.ts';",
      'services/intake/main.ts': "import './adapters/register-http.ts'; import './config.ts';",
    },
  },
  { check: 'dead-files', bad: { 'services/intake/old.ts': first }, found: 'nothing imports it' },
  {
    check: 'dead-files',
    good: {
      'services/intake/main.ts': "import './worker.ts'; fork('child.ts');",
      'services/intake/worker.ts': first,
      'services/intake/child.ts': first,
      'services/intake/a.spec.ts': first,
      'tools/a.ts': first,
    },
  },
  { check: 'changelog', bad: {}, found: 'CHANGELOG.md:1 changelog: is missing' },
  { check: 'changelog', bad: log('## Unreleased\n\n- A.\n', ''), found: 'begin with' },
  { check: 'changelog', bad: log(''), found: 'add "## Unreleased"' },
  { check: 'changelog', bad: log('## Unreleased\n'), found: '"Unreleased" has no entry' },
  { check: 'changelog', bad: log('## Pending\n\n- A.\n'), found: '"Pending" is neither' },
  {
    check: 'changelog',
    bad: log('## 0.1.0 - 2026-01-31\n\n- A.\n\n## Unreleased\n\n- B.\n'),
    found: 'CHANGELOG.md:9 changelog: "Unreleased" is neither',
  },
  {
    check: 'changelog',
    bad: log('## 0.0.9 - 2026-01-31\n\n- A.\n'),
    found: 'the version is 0.1.0',
  },
  { check: 'changelog', good: log('## Unreleased\n\n- A.\n\n## 0.0.9 - 2026-01-31\n\n- B.\n') },
  { check: 'changelog', good: log('## 0.1.0 - 2026-01-31\n\n### Added\n\n- A.\n') },
  {
    check: 'readmes',
    bad: { 'services/scoring/README.md': '' },
    found: 'services/intake/README.md:1',
  },
  {
    check: 'readmes',
    good: { 'services/intake/README.md': '', 'services/scoring/README.md': '' },
  },
  { check: 'links', bad: { 'docs/a.md': '\n[b](b.md)' }, found: 'docs/a.md:2' },
  { check: 'links', bad: { 'README.md': '[b](docs/b.md#c)', 'docs/b.md': '# D' }, found: '#c' },
  {
    check: 'links',
    good: {
      'docs/a.md': '[a](b.md#one-word) [b](../README.md) [c](https://c.example/d) `[d](e)`',
      'docs/b.md': '## One word',
      'README.md': '[docs](docs/) [here](#here)\n```\n[x](y)\n```\n# Here!',
    },
  },
  {
    check: 'decisions',
    bad: { 'docs/decisions/0000-a.md': decision('0000').replace('## Context', '') },
    found: 'lacks ^## Context$',
  },
  { check: 'decisions', bad: { 'docs/decisions/0001-a.md': decision('0001') }, found: 'is 0000' },
  {
    check: 'decisions',
    bad: { 'docs/decisions/0000-a.md': decision('0001') },
    found: 'begin with',
  },
  {
    check: 'decisions',
    good: {
      'docs/decisions/0000-a.md': decision('0000'),
      'docs/decisions/0001-b.md': decision('0001'),
    },
  },
  {
    check: 'glossary-words',
    bad: { 'docs/glossary.md': '| `foo` | bar |', 'a.ts': 'const fooTopic = 1;' },
    found: 'a.ts:1 glossary-words: "foo": docs/glossary.md says bar',
  },
  {
    check: 'glossary-words',
    good: { 'docs/glossary.md': '| `foo` | bar |', 'a.ts': 'const food = 1;' },
  },
  {
    check: 'example-size',
    bad: { 'examples/sixth-worker/decide.ts': 'a\n'.repeat(100) },
    found: '100 lines: at most 99',
  },
  {
    check: 'example-size',
    good: {
      'examples/sixth-worker/decide.ts': 'a\n'.repeat(99),
      'examples/sixth-worker/README.md': 'b\n'.repeat(99),
      'examples/sixth-worker/sixth-worker.int.spec.ts': 'c\n'.repeat(99),
      'examples/sixth-worker/main.ts': '// d\n\n'.repeat(99),
    },
  },
  {
    check: 'example-size',
    bad: {
      'examples/sixth-worker/decide.ts': 'a\n'.repeat(90),
      'packages/schemas/avro/screenings/a.avsc': '{\n'.repeat(5),
      'packages/schemas/src/topics.ts': '  screenings: numbered({\n    a,\n    b,\n    c,\n  }),\n',
    },
    found: '100 lines: at most 99',
  },
  {
    check: 'snippets',
    bad: { 'docs/a.md': 'Look:\n\n```ts b.ts\nconst a = 1;\n```\n', 'b.ts': 'const a = 2;\n' },
    found: 'docs/a.md:3 snippets: b.ts does not hold this',
  },
  { check: 'snippets', bad: { 'docs/a.md': '```ts b.ts\na\n```\n' }, found: 'b.ts does not hold' },
  {
    check: 'snippets',
    good: {
      'docs/a.md': '```ts b.ts\nconst a = 1;\n```\n\n```sh\nls\n```\n',
      'b.ts': '// B.\nconst a = 1;\n',
    },
  },
  { check: 'commands-in-papers', bad: { 'README.md': '`npm run chekc`' }, found: 'script chekc' },
  { check: 'commands-in-papers', good: { 'README.md': '`npm test`, `npm install`' } },
  {
    check: 'named-files',
    bad: { 'docs/a.md': 'See\n`e2e/b.e2e.spec.ts`.' },
    found: 'docs/a.md:2 named-files: e2e/b.e2e.spec.ts',
  },
  {
    check: 'named-files',
    good: { 'a.md': '`tools/b.ts`, `tools/*.ts`, `tools/later`, `c.ts`', 'tools/b.ts': first },
  },
  { check: 'promises', bad: { 'README.md': '# A\n' }, found: 'has no table' },
  {
    check: 'promises',
    bad: promised('| No loss | the tests |'),
    found: 'README.md:7 promises: name the test',
  },
  { check: 'promises', good: promised('| No loss | `a.ts`, `b/c.int.spec.ts` |') },
  { check: 'translations', bad: { 'README.md': '# A\n' }, found: 'belong together' },
  {
    check: 'translations',
    bad: inTwo('# A\n', '# 甲\n\n## 乙\n'),
    found: 'sections: ## , not none',
  },
  {
    check: 'translations',
    bad: inTwo('| a | b |\n| - | - |\n', '| 甲 |\n| - |\n'),
    found: 'rows and columns: 1 columns, not 2 columns',
  },
  {
    check: 'translations',
    bad: inTwo('```sh\nls # all\n```\n', '```sh\nls -a # 全部\n```\n'),
    found: 'blocks: sh',
  },
  {
    check: 'translations',
    bad: inTwo('By `a.ts`.', '由 `b.ts`。'),
    found: 'files and commands: `b.ts`, not `a.ts`',
  },
  { check: 'translations', bad: inTwo('[a](a.md)', '甲'), found: 'links: none, not a.md' },
  {
    check: 'translations',
    good: inTwo(
      '# A\n\n[中文](README.zh-CN.md)\n\n```sh\nls   # all\n```\n\n`a.ts` of [b](b.md), `c`\n',
      '# 甲\n\n[English](README.md)\n\n```sh\nls # 全部\n```\n\n`c`，[乙](b.md)的`a.ts`\n',
    ),
  },
];

describe.each(checks)('$name', (check) => {
  const own = samples.filter((sample) => sample.check === check.name);

  it('has bad and good samples', () => {
    expect(own.some(({ bad }) => bad !== undefined)).toBe(true);
    expect(own.some(({ good }) => good !== undefined)).toBe(true);
  });

  own.forEach(({ bad, found, good }, index) => {
    it(`sample ${index + 1}: ${found ?? 'nothing to find'}`, () => {
      const lines = linesOf(check, houseOf({ ...manifests, ...bad, ...good }));
      if (good !== undefined) expect(lines).toEqual([]);
      else expect(lines).toEqual([expect.stringContaining(found ?? '')]);
    });
  });
});

it('every sample belongs to a check', () => {
  const names = new Set(checks.map(({ name }) => name));
  expect(samples.filter(({ check }) => !names.has(check))).toEqual([]);
});

describe('the project', () => {
  const house = loadHouse(fileURLToPath(new URL('..', import.meta.url)));
  test.each(checks)('$name: $says', (check) => expect(linesOf(check, house)).toEqual([]));

  it('is there', () => {
    expect(house.files.length).toBeGreaterThan(50);
    expect([...house.paths].some((path) => path.includes('node_modules'))).toBe(false);
  });
});

function manifest(name: string, ...dependencies: string[]): string {
  const declared = Object.fromEntries(dependencies.map((dependency) => [dependency, '1']));
  return JSON.stringify({ name, exports: { '.': './src/index.ts' }, dependencies: declared });
}

function log(sections: string, head = '<!-- What to write. -->\n\n'): Record<string, string> {
  return { 'CHANGELOG.md': `# Changelog\n\n${head}${sections}` };
}

function decision(number: string): string {
  return [
    `# ${number}. A title`,
    '**Bottom line.** We do it.',
    'Status: accepted, 2026-01-31.',
    '## Context\n\nA.\n\n## Decision\n\nB.\n\n## Consequences\n\nC.',
  ].join('\n\n');
}

function promised(row: string): Record<string, string> {
  const table = `| promise | held by |\n| - | - |\n${row}\n`;
  return { 'README.md': `# A\n\n## What it promises\n\n${table}\n## More\n\n| a | b |\n` };
}

function inTwo(english: string, chinese: string): Record<string, string> {
  return { 'README.md': english, 'README.zh-CN.md': chinese };
}
