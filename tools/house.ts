// The files of the project as the house checks see them, and what a check is.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scan, type SourceText } from './source-text.ts';

export interface HouseFile {
  /** From the root of the project, with slashes. */
  readonly path: string;
  readonly text: string;
}

export interface House {
  /** Sources, papers and manifests: what checks read. */
  readonly files: readonly HouseFile[];
  /** Every file there is, also those that checks do not read. */
  readonly paths: ReadonlySet<string>;
}

export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export interface Check {
  readonly name: string;
  /** The rule, as one would tell a newcomer. */
  readonly says: string;
  find(house: House): Finding[];
}

const readable = /\.(?:ts|mjs|js|sql|py|sh|md|ya?ml|avsc)$|(?:^|\/)package\.json$/;
const outside = new Set(['node_modules', '.git', '.saidao', '.vitest', '.vite', 'venv']);
const scanned = new WeakMap<HouseFile, SourceText>();

/** Reads the project from disk. */
export function loadHouse(root: string): House {
  const files: HouseFile[] = [];
  const paths = new Set<string>();
  const walk = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (outside.has(entry.name)) continue;
      if (entry.isDirectory()) walk(path);
      if (!entry.isFile()) continue;
      paths.add(path);
      if (readable.test(path)) files.push({ path, text: readFileSync(join(root, path), 'utf8') });
    }
  };
  walk('');
  return { files, paths };
}

/** A house of the given files, for the checks' own tests. */
export function houseOf(texts: Readonly<Record<string, string>>): House {
  const files = Object.entries(texts).map(([path, text]) => ({ path, text }));
  return { files, paths: new Set(Object.keys(texts)) };
}

/** TypeScript and JavaScript written by hand. */
export function sourcesOf(house: House): HouseFile[] {
  return house.files.filter((file) => /\.(?:ts|mjs|js)$/.test(file.path) && !isMade(file.path));
}

/** Whether the file is made by a program or only data for tests. */
export function isMade(path: string): boolean {
  return /(?:^|\/)(?:generated|fixtures)\/|\.d\.ts$/.test(path);
}

export function isSpec(path: string): boolean {
  return /\.spec\.ts$/.test(path);
}

/** The parts of a source, worked out once for each file. */
export function textOf(file: HouseFile): SourceText {
  const known = scanned.get(file) ?? scan(file.text);
  scanned.set(file, known);
  return known;
}
