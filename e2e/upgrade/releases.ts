// Two releases as copies of this tree: the later one writes a newer event and has one more migration.
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../system.ts';

const run = promisify(execFile);

export interface Releases extends Disposable {
  /** The root of a tree whose workers read the new form of EnterpriseScored and write the old. */
  readonly before: string;
  /** Of one whose workers write the new form, and whose decisioning has one more migration. */
  readonly after: string;
}

/** What EnterpriseScored has more, and what both releases say there. */
export const NEW_FIELD = 'rehearsed';
export const NEW_VALUE = 'said by both releases, sent by the later one';

/** Decisioning's new column. */
export const NEW_COLUMN = { table: 'decisioning.decisions', name: 'rehearsed' } as const;

const FOLDERS = ['packages', 'services', 'infra/local', 'e2e'];
const IGNORED = '.saidao';
/** Higher than any that the project will have: a number can be noted once only. */
const [OUT, NEXT] = ['9000.0.0', '9001.0.0'];

/**
 * By the project's own steps: the present release is noted as out, the field is added and
 * generated (`before`), that is noted as out (`after`).
 */
export async function makeReleases(): Promise<Releases> {
  const ignored = join(root, IGNORED);
  mkdirSync(ignored, { recursive: true });
  // Below the project, so that whatever is not copied is found there.
  const home = mkdtempSync(join(ignored, 'releases-'));
  const dispose = () => rmSync(home, { recursive: true, force: true });
  const [before, after] = [join(home, 'before'), join(home, 'after')];
  try {
    copyTree(root, before);
    await noteRelease(before, OUT);
    addField(before);
    await generateSchemas(before);
    copyTree(before, after);
    await noteRelease(after, NEXT);
    addMigration(after);
  } catch (error) {
    dispose();
    throw error;
  }
  return { before, after, [Symbol.dispose]: dispose };
}

function copyTree(from: string, to: string): void {
  for (const folder of FOLDERS) {
    cpSync(join(from, folder), join(to, folder), { recursive: true, verbatimSymlinks: true });
  }
  // As npm links the workspaces; a link of its own leads to the copy, where there is one.
  const linked = join(root, 'node_modules/@saidao');
  const links = join(to, 'node_modules/@saidao');
  mkdirSync(links, { recursive: true });
  for (const name of readdirSync(linked)) {
    const copy = join(to, relative(root, realpathSync(join(linked, name))));
    if (existsSync(copy)) symlinkSync(copy, join(links, name));
  }
}

async function noteRelease(tree: string, version: string): Promise<void> {
  await run(process.execPath, [join(tree, 'packages/schemas/tools/release.ts'), version]);
}

async function generateSchemas(tree: string): Promise<void> {
  const script = `
    import { writeFileSync } from 'node:fs';
    import { generatedFiles } from './packages/schemas/tools/generate.ts';
    for (const { path, text } of generatedFiles())
      if (path.startsWith('packages/')) writeFileSync(path, text);`;
  await run(process.execPath, ['--input-type=module', '-e', script], { cwd: tree });
}

function addField(tree: string): void {
  const schema = join(tree, 'packages/schemas/avro/scores/enterprise-scored.avsc');
  const record = JSON.parse(readFileSync(schema, 'utf8')) as { fields: object[] };
  record.fields.push({ name: NEW_FIELD, type: ['null', 'string'], default: null });
  writeFileSync(schema, JSON.stringify(record));
  const decide = join(tree, 'services/scoring/decide.ts');
  const last = 'gradeFloors: ready.gradeFloors,';
  const [head, tail, ...more] = readFileSync(decide, 'utf8').split(last);
  if (tail === undefined || more.length > 0) throw new Error(`${decide} says not once: ${last}`);
  writeFileSync(decide, `${head}${last} ${NEW_FIELD}: '${NEW_VALUE}',${tail}`);
}

function addMigration(tree: string): void {
  const folder = join(tree, 'services/decisioning/migrations');
  const count = readdirSync(folder).filter((name) => name.endsWith('.sql')).length;
  const { table, name } = NEW_COLUMN;
  writeFileSync(
    join(folder, `${String(count + 1).padStart(4, '0')}_rehearsed.sql`),
    `-- A column that only the later release knows.
-- Up Migration
alter table ${table} add column ${name} text;

-- Down Migration
alter table ${table} drop column ${name};
`,
  );
}
