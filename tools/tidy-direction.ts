// House checks of imports: which layer may know which, by the names of files and packages.
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { isSpec, sourcesOf, textOf, type Check, type Finding, type House } from './house.ts';
import type { HouseFile } from './house.ts';
import { importsOf, type ImportOf } from './source-text.ts';
import { domainCallsIn, memoryIn } from './tidy-text.ts';

/** What a workspace may import of the others; a folder not named here may import all packages. */
const knows: Readonly<Record<string, readonly string[]>> = {
  'packages/values': [],
  'packages/loans': ['values'],
  'packages/schemas': ['values'],
  'packages/config': ['values'],
  'packages/register': ['values'],
  'packages/event-log': ['schemas', 'values'],
  'packages/subscribe': ['config', 'event-log', 'schemas', 'values'],
  'packages/topology': ['event-log', 'schemas'],
  'packages/worker': ['config', 'event-log', 'schemas', 'values'],
  'packages/outside-world': ['config', 'values'],
  'packages/testkit': ['config', 'event-log', 'local', 'schemas', 'values', 'worker'],
  'packages/applicants': ['event-log', 'schemas', 'values'],
  // Of the project it takes the schemas alone, so that it cannot err with what it checks.
  'e2e/checker': ['schemas'],
  'packages/cli': [
    'applicants',
    'checker',
    'config',
    'event-log',
    'local',
    'outside-world',
    'schemas',
    'topology',
    'values',
    'worker',
  ],
  'infra/local': ['config', 'event-log', 'schemas', 'values'],
  services: ['config', 'event-log', 'loans', 'register', 'schemas', 'values', 'worker'],
};

/** Puts the whole line together in one process: it alone reaches into the services. */
const composing = new Set(['e2e/simulation']);

/** What any spec may import besides: engines, scenarios, applicants and the simulated world. */
const specKnows = ['applicants', 'local', 'outside-world', 'testkit'];

/** What the domain may import beside its own files. */
const pure = ['@saidao/loans', '@saidao/values', '@saidao/worker/asking', '@saidao/register/shape'];

/** Libraries that stand behind one package, so that they can be replaced there. */
const keptIn: Readonly<Record<string, readonly string[]>> = {
  // The naive form of the bench is kafkajs without what stands before it elsewhere, and the
  // subscriber of the proofs is what a lender may write who has nothing of ours.
  kafkajs: ['packages/event-log', 'infra/local', 'bench', 'e2e'],
  avsc: ['packages/schemas', 'packages/worker'],
};

const domainName = /(?:^|[/.])(?:decide|evolve|postings)\.ts$/;
const applicationName = /(?:^|[/.])(?:ports|worker)\.ts$/;
const outerName = /(?:^|[/.])(?:ports|worker|door|main|config)\.ts$|(?:^|\/)adapters\//;
const edgeName = /(?:^|[/.])(?:door|main|config)\.ts$|(?:^|\/)adapters\//;

export const packageDirection: Check = {
  name: 'package-direction',
  says:
    'values <- schemas <- event-log, config <- worker <- testkit; services import packages, ' +
    'never each other; packages never import services.',
  find: (house) =>
    eachImport(house, (file, imported, home) => {
      const target = workspaceOf(house, imported.from);
      if (target === undefined || home === undefined || target.folder === home.folder) return [];
      if (/^services\//.test(target.folder))
        return [`${imported.from} is a service: use its topics`];
      const allowed = knows[home.folder] ?? knows[home.folder.split('/')[0] ?? ''];
      const name = target.name.replace('@saidao/', '');
      const known = allowed === undefined || allowed.includes(name);
      if (known || (isTestSide(house, file) && specKnows.includes(name))) return [];
      return [`${home.folder} may not know ${target.name}: turn the dependency round`];
    }),
};

export const entryOnly: Check = {
  name: 'entry-only',
  says:
    'A package is imported by its name; no path reaches into another workspace, but that the ' +
    'simulation reaches into the services.',
  find: (house) =>
    eachImport(house, (file, imported, home) => {
      if (imported.from.startsWith('.')) {
        const path = posix.join(posix.dirname(file.path), imported.from);
        if (home === undefined || path.startsWith(`${home.folder}/`)) return [];
        if (composing.has(home.folder) && /^services\//.test(path)) return [];
        return [`${imported.from} leaves ${home.folder}: import the package by its name`];
      }
      const target = workspaceOf(house, imported.from);
      const below = target === undefined ? '' : imported.from.slice(target.name.length);
      if (target === undefined || below === '' || target.exports.has(`.${below}`)) return [];
      return [`${imported.from} is not among the exports of ${target.name}`];
    }),
};

export const keptLibraries: Check = {
  name: 'kept-libraries',
  says: Object.entries(keptIn)
    .map(([library, folders]) => `${library} is imported in ${folders.join(' and ')} only.`)
    .join(' '),
  find: (house) =>
    eachImport(house, (file, imported) => {
      const folders = keptIn[packageNameOf(imported.from)];
      if (folders === undefined || folders.some((one) => file.path.startsWith(`${one}/`)))
        return [];
      return [`${imported.from} is imported in ${folders.join(' and ')} only`];
    }),
};

export const declared: Check = {
  name: 'declared',
  says: 'What a workspace imports, its package.json declares; specs and tools may use the root.',
  find: (house) => {
    const root = manifestsOf(house).get('')?.dependencies ?? new Set();
    return eachImport(house, (file, imported, home) => {
      const name = packageNameOf(imported.from);
      if (/^[.#]/.test(name) || isBuiltin(imported.from)) return [];
      const fromRoot = home === undefined || isTestSide(house, file);
      if (home?.dependencies.has(name) || home?.name === name) return [];
      if (fromRoot && (root.has(name) || workspaceOf(house, name) !== undefined)) return [];
      // Types of the tools of tests (vitest's) are erased, and nothing of them is shipped.
      if (imported.typeOnly && root.has(name)) return [];
      return [`${name} is not among the dependencies of ${home?.folder ?? 'the root'}`];
    });
  },
};

export const domainImports: Check = {
  name: 'domain-imports',
  says:
    'decide, evolve and postings, and what they import, import only values, loans, the asking of ' +
    'worker, types of schemas and worker, and each other.',
  find: (house) => {
    const paths = new Set(domainFilesOf(house).map(({ path }) => path));
    return eachImport(house, (file, imported) => {
      if (!paths.has(file.path) || pure.includes(imported.from)) return [];
      if (['@saidao/schemas', '@saidao/worker'].includes(imported.from)) {
        return imported.typeOnly ? [] : [`of ${imported.from} the domain takes types only`];
      }
      if (!imported.from.startsWith('.')) return [`the domain may not know ${imported.from}`];
      if (!outerName.test(imported.from)) return [];
      return [`the domain may not know ${imported.from}: let it be given as data`];
    });
  },
};

export const domainCalls: Check = {
  name: 'domain-calls',
  says: 'The domain is pure and synchronous: no clock, chance, waiting or I/O.',
  find: (house) => domainCallsIn(domainFilesOf(house)),
};

export const realLog: Check = {
  name: 'real-log',
  says: 'What ships of a service runs on Kafka and PostgreSQL: a log in memory is for tests.',
  find: (house) =>
    memoryIn(
      sourcesOf(house).filter(
        (file) => file.path.startsWith('services/') && !isTestSide(house, file),
      ),
    ),
};

export const serviceDirection: Check = {
  name: 'service-direction',
  says: 'ports and worker know the domain; only adapters, doors and main know the edges.',
  find: (house) =>
    eachImport(house, (file, imported) => {
      const inside = /^(?:services|examples)\//.test(file.path) && !isSpec(file.path);
      if (!inside || !applicationName.test(file.path) || !imported.from.startsWith('.')) return [];
      if (!edgeName.test(imported.from)) return [];
      return [`${imported.from} is an edge: let main.ts put it together`];
    }),
};

export const deadFiles: Check = {
  name: 'dead-files',
  says: 'Every source is imported, named by another, or an entry (index, main, spec, tool).',
  find: (house) => {
    const entry =
      /(?:^|\/)(?:index|main)\.ts$|\.spec\.ts$|config\.ts$|^(?:bin|tools|bench)\/|\/migrations\//;
    const named = new Set(
      house.files.flatMap((file) =>
        [...file.text.matchAll(/[\w.-]+\.(?:ts|mjs|js)\b/g)].map(([name]) => name),
      ),
    );
    const namedElsewhere = (file: HouseFile) => {
      const name = posix.basename(file.path);
      return named.has(name);
    };
    return sourcesOf(house)
      .filter((file) => !entry.test(file.path) && !namedElsewhere(file))
      .map(({ path }) => ({ path, line: 1, message: 'nothing imports it: take it out' }));
  },
};

export const directionChecks: readonly Check[] = [
  packageDirection,
  entryOnly,
  keptLibraries,
  declared,
  domainImports,
  domainCalls,
  realLog,
  serviceDirection,
  deadFiles,
];

const testSides = new WeakMap<House, ReadonlySet<string>>();

/** Specs, tools, and what only specs import (builders, conformance suites): nothing of it ships. */
function isTestSide(house: House, file: HouseFile): boolean {
  let testSide = testSides.get(house);
  if (testSide === undefined) {
    testSide = testSideOf(house);
    testSides.set(house, testSide);
  }
  return testSide.has(file.path);
}

function testSideOf(house: House): ReadonlySet<string> {
  const importers = new Map<string, string[]>();
  for (const file of sourcesOf(house)) {
    for (const { from } of importsOf(textOf(file))) {
      if (!from.startsWith('.')) continue;
      const path = posix.join(posix.dirname(file.path), from);
      importers.set(path, [...(importers.get(path) ?? []), file.path]);
    }
  }
  const always = /\.spec\.ts$|(?:^|\/)tools\/|^packages\/testkit\/|^e2e\//;
  const all = sourcesOf(house).map(({ path }) => path);
  const found = new Set(all.filter((path) => always.test(path)));
  // What a file found now imports may be the last that was missing, so once more while it grows.
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const path of all) {
      const known = importers.get(path) ?? [];
      if (known.length > 0 && known.every((importer) => found.has(importer))) found.add(path);
    }
  }
  return found;
}

interface Workspace {
  readonly folder: string;
  readonly name: string;
  readonly exports: ReadonlySet<string>;
  readonly dependencies: ReadonlySet<string>;
}

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const manifests = new WeakMap<House, ReadonlyMap<string, Workspace>>();

function manifestsOf(house: House): ReadonlyMap<string, Workspace> {
  const known = manifests.get(house);
  if (known !== undefined) return known;
  const found = new Map<string, Workspace>();
  for (const { path, text } of house.files) {
    if (!/(?:^|\/)package\.json$/.test(path)) continue;
    const folder = path === 'package.json' ? '' : posix.dirname(path);
    const json = JSON.parse(text) as Manifest;
    found.set(folder, {
      folder,
      name: json.name,
      exports: new Set(Object.keys(json.exports ?? {})),
      dependencies: new Set(
        [json.dependencies, json.devDependencies, json.peerDependencies].flatMap((one) =>
          Object.keys(one ?? {}),
        ),
      ),
    });
  }
  manifests.set(house, found);
  return found;
}

function workspaceOf(house: House, from: string): Workspace | undefined {
  const name = packageNameOf(from);
  return [...manifestsOf(house).values()].find((one) => one.name === name && one.folder !== '');
}

function homeOf(house: House, path: string): Workspace | undefined {
  const all = [...manifestsOf(house).values()];
  const around = all.filter(({ folder }) => folder !== '' && path.startsWith(`${folder}/`));
  // A workspace may stand within another: the inner one is its home.
  return around.sort((one, other) => other.folder.length - one.folder.length)[0];
}

function packageNameOf(from: string): string {
  const parts = from.split('/');
  return parts.slice(0, from.startsWith('@') ? 2 : 1).join('/');
}

/** Domain files by name, and all that they import beside them. */
function domainFilesOf(house: House): HouseFile[] {
  const byPath = new Map(sourcesOf(house).map((file) => [file.path, file]));
  const inside = /^(?:services|examples)\//;
  const domain = new Set(
    [...byPath.values()].filter(({ path }) => inside.test(path) && domainName.test(path)),
  );
  for (const file of domain) {
    for (const { from } of importsOf(textOf(file))) {
      if (!from.startsWith('.') || outerName.test(from)) continue;
      const sibling = byPath.get(posix.join(posix.dirname(file.path), from));
      // A set that is walked also gives what is added on the way.
      if (sibling !== undefined) domain.add(sibling);
    }
  }
  return [...domain];
}

function eachImport(
  house: House,
  faultsOf: (file: HouseFile, imported: ImportOf, home: Workspace | undefined) => string[],
): Finding[] {
  return sourcesOf(house).flatMap((file) => {
    const home = homeOf(house, file.path);
    return importsOf(textOf(file)).flatMap((imported) =>
      faultsOf(file, imported, home).map((message) => ({
        path: file.path,
        line: imported.line,
        message,
      })),
    );
  });
}
