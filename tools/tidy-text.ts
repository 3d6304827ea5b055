// House checks of single files: first lines, lengths, names, words and calls.
import { isSpec, sourcesOf, textOf, type Check, type Finding, type HouseFile } from './house.ts';
import { importsOf, lineOf } from './source-text.ts';

const lineCharsMax = 100;
// The first line is one sentence on one line, so it gets some room.
const firstLineCharsMax = 120;
const forbiddenNames = ['utils', 'util', 'helpers', 'helper', 'common', 'manager', 'managers'];
// Put together here, so that this file does not hold what it forbids.
const forbiddenWords = [
  'TO' + 'DO',
  'FIX' + 'ME',
  'X' + 'XX',
  '@ts-' + 'ignore',
  '@ts-' + 'nocheck',
];
const environmentReaders = new RegExp(
  '(?:^|/)main\\.ts$|^(?:bin|tools|bench|infra/local|packages/testkit|packages/cli)/' +
    '|(?:^|/)vitest\\.[a-z.]*config\\.ts$|^vitest\\.config\\.ts$',
);

interface Ban {
  readonly pattern: RegExp;
  readonly message: string;
}

const domainBans: readonly Ban[] = [
  { pattern: /\bMath\s*\.\s*random\b/g, message: 'randomness comes in as data (the id given)' },
  { pattern: /\bDate\s*[.(]|\bnew\s+Date\b/g, message: 'time comes in as data (the now given)' },
  { pattern: /\b(?:await|async|Promise)\b/g, message: 'decide is synchronous: gather awaits' },
  {
    pattern: /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/g,
    message: 'a timer is a row that decide returns',
  },
  {
    pattern: /\b(?:process|globalThis|performance|crypto|console)\s*\.|\bfetch\s*\(/g,
    message: 'the world is asked in gather, through a port',
  },
];

const sleepBans: readonly Ban[] = [
  {
    pattern:
      /new Promise(?:<[^>]*>)?\s*\(\s*\(?\s*(\w+)[^)]*\)?\s*=>\s*\{?\s*setTimeout\s*\(\s*\1\b/g,
    message: 'no sleeping: wait for a condition with a deadline',
  },
  {
    pattern: /\bawait\s+(?:sleep|delay|setTimeout)\s*\(/g,
    message: 'no sleeping: wait for a condition with a deadline',
  },
];

const specBans: readonly Ban[] = [
  {
    pattern: /\b(?:it|test|describe|suite)\s*\.\s*(?:skip|skipIf|runIf|only|todo|fails)\b/g,
    message: 'no skipped and no lonely tests: mend it or take it out',
  },
  {
    pattern: /\bvi\s*\.\s*(?:mock|doMock|fn|spyOn|hoisted|stubGlobal|stubEnv)\b/g,
    message: 'no mocks: a fake is an adapter that passes the conformance suite',
  },
];

/** What stands around the sentence, by the ending of the file; else as in TypeScript. */
const marksOf: Readonly<Record<string, readonly [before: string, after: string]>> = {
  sql: ['-- ', ''],
  sh: ['# ', ''],
  py: ['"""', '"""'],
};

export const firstLine: Check = {
  name: 'first-line',
  says: 'The first line of a source is one sentence that says what the file holds.',
  find: (house) =>
    [
      ...sourcesOf(house),
      ...house.files.filter(({ path }) => /\.(?:sql|sh|py)$/.test(path)),
    ].flatMap(({ path, text }) => {
      const [before, after] = marksOf[path.slice(path.lastIndexOf('.') + 1)] ?? ['// ', ''];
      const lines = text.split('\n');
      const at = lines[0]?.startsWith('#!') ? 1 : 0;
      if (new RegExp(`^${before}[A-Z\`'].*\\.${after}$`).test(lines[at] ?? '')) return [];
      const message = `begin with one sentence that says what the file holds: ${before}…${after}`;
      return [{ path, line: at + 1, message }];
    }),
};

export const lineLength: Check = {
  name: 'line-length',
  says: `No line is longer than ${lineCharsMax} characters, but for one that holds a long text.`,
  find: (house) =>
    sourcesOf(house).flatMap((file) => {
      const codeLines = textOf(file).code.split('\n');
      return file.text.split('\n').flatMap((line, index) => {
        const chars = [...line].length;
        // A text or an address is not broken; what stands around it has to fit.
        const around = [...(codeLines[index] ?? '').trimEnd().replace(/ {2,}/g, ' ')].length;
        const held = /['"`]|:\/\/|\/\^/.test(line) && around <= lineCharsMax;
        if (chars <= (index === 0 ? firstLineCharsMax : lineCharsMax) || held) return [];
        const message = `${chars} characters: break it at ${lineCharsMax}`;
        return [{ path: file.path, line: index + 1, message }];
      });
    }),
};

export const fileNames: Check = {
  name: 'file-names',
  says: `Sources are named in kebab-case after what they hold, never ${forbiddenNames.join(', ')}.`,
  find: (house) =>
    sourcesOf(house).flatMap(({ path }) => {
      const words = path.split(/[/.-]/);
      const bad = words.find((word) => forbiddenNames.includes(word.toLowerCase()));
      if (bad !== undefined)
        return [{ path, line: 1, message: `name it by what it holds: ${bad}` }];
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(name)) return [];
      return [{ path, line: 1, message: 'write the name in kebab-case' }];
    }),
};

export const typeNames: Check = {
  name: 'type-names',
  says: 'An interface is named by a noun, without a prefix: Ledger, not I and Ledger.',
  find: (house) =>
    findAll(sourcesOf(house), [
      { pattern: /\binterface\s+I[A-Z][a-z]\w*/g, message: 'leave the prefix I out' },
    ]),
};

export const words: Check = {
  name: 'words',
  says: 'What is left to do stands in an issue; the compiler is not told to look away.',
  find: (house) =>
    house.files.flatMap((file) =>
      forbiddenWords.flatMap((word) => {
        const found = file.text.search(new RegExp(`(?<!\\w)${word}(?!\\w)`));
        if (found === -1) return [];
        const message = `${word} has to go: do it now or open an issue`;
        return [{ path: file.path, line: lineOf(file.text, found), message }];
      }),
    ),
};

export const environment: Check = {
  name: 'environment',
  says: 'Only main.ts and tools read the environment; a spec may hand it on to a process it starts.',
  find: (house) =>
    sourcesOf(house)
      .filter(({ path }) => !environmentReaders.test(path))
      .flatMap((file) => {
        const handsOn = isSpec(file.path) ? '(?<!\\.\\.\\.)' : '';
        const pattern = new RegExp(`${handsOn}\\bprocess\\s*\\.\\s*env\\b`, 'g');
        const message = 'only main.ts reads the environment: take a setting instead';
        const imported = importsOf(textOf(file))
          .filter(({ from }) => /^(?:node:)?process$/.test(from))
          .map(({ line }) => ({ path: file.path, line, message }));
        return [...findAll([file], [{ pattern, message }]), ...imported];
      }),
};

export const nodeEnv: Check = {
  name: 'node-env',
  says: 'Nothing depends on NODE_ENV: what differs is a setting with a name.',
  find: (house) =>
    sourcesOf(house)
      .filter(({ path }) => !path.startsWith('tools/tidy'))
      .flatMap((file) => {
        const found = textOf(file).bare.search(/\bNODE_ENV\b/);
        if (found === -1) return [];
        const message = 'NODE_ENV decides nothing here: declare a setting';
        return [{ path: file.path, line: lineOf(file.text, found), message }];
      }),
};

export const specCalls: Check = {
  name: 'spec-calls',
  says: 'Specs do not sleep, skip or mock.',
  find: (house) => {
    const specs = sourcesOf(house).filter(({ path }) => isSpec(path));
    // Under a clock that the test turns itself, waiting takes no time.
    const onRealTime = specs.filter((file) => !/\buseFakeTimers\b/.test(textOf(file).code));
    const sleeping = onRealTime.flatMap((file) =>
      importsOf(textOf(file))
        .filter(({ from }) => /^(?:node:)?timers\/promises$/.test(from))
        .map(({ line }) => ({
          path: file.path,
          line,
          message: 'no sleeping: wait for a condition with a deadline',
        })),
    );
    return [...findAll(specs, specBans), ...findAll(onRealTime, sleepBans), ...sleeping];
  },
};

/** Bans in the files of the domain, which `import-direction` finds. */
export function domainCallsIn(files: readonly HouseFile[]): Finding[] {
  return findAll(files, domainBans);
}

/** Names of what would have a worker run with its log or tables in memory. */
export function memoryIn(files: readonly HouseFile[]): Finding[] {
  const pattern = /\b(?:openLog|MemoryBroker|MemoryDatabase)\b/g;
  return findAll(files, [{ pattern, message: 'what ships keeps nothing in memory alone' }]);
}

export const textChecks: readonly Check[] = [
  firstLine,
  lineLength,
  fileNames,
  typeNames,
  words,
  environment,
  nodeEnv,
  specCalls,
];

function findAll(files: readonly HouseFile[], bans: readonly Ban[]): Finding[] {
  return files.flatMap((file) => {
    const { code } = textOf(file);
    return bans.flatMap(({ pattern, message }) =>
      [...code.matchAll(pattern)].map((match) => ({
        path: file.path,
        line: lineOf(code, match.index),
        message: `${match[0].replace(/\s+/g, ' ')}: ${message}`,
      })),
    );
  });
}
