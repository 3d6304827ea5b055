// Packs @saidao/subscribe for a team's own project: JavaScript and types, with all it needs inside.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';

// Node strips no types below node_modules, so that what is installed has to be JavaScript; and
// kafkajs goes along as it is mended here.

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const PACKED = '@saidao/subscribe';
/** The team's own: it opens the pool. */
const PEER = 'pg';
const NODE = '>=22.12';

const sourceOf = (name: string): string => join(root, 'node_modules', name);

const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(join(sourceOf(name), 'package.json'), 'utf8')) as Manifest;

/** The package and all that it needs, but the peer. */
function needed(name: string, known = new Set<string>()): ReadonlySet<string> {
  if (name === PEER || known.has(name)) return known;
  known.add(name);
  for (const one of Object.keys(manifestOf(name).dependencies ?? {})) needed(one, known);
  return known;
}

/** Writes the package's JavaScript and types, of what its entry reaches. */
async function compile(name: string, target: string): Promise<void> {
  const source = join(root, 'packages', name.replace('@saidao/', ''));
  const project = join(target, 'tsconfig.json');
  const options = {
    ...{ noEmit: false, declaration: true, rootDir: source, outDir: target, target: 'es2023' },
    typeRoots: [join(root, 'node_modules/@types')],
  };
  const extended = join(root, 'tsconfig.json');
  const files = [join(source, 'src/index.ts')];
  mkdirSync(target, { recursive: true });
  writeFileSync(
    project,
    JSON.stringify({ extends: extended, include: [], files, compilerOptions: options }),
  );
  await run(join(root, 'node_modules/.bin/tsc'), ['-p', project]);
  rmSync(project);
}

function manifest({ name, version, license }: Manifest, more: object = {}): string {
  const entry = { types: './src/index.d.ts', default: './src/index.js' };
  const fields = { name, version, license, type: 'module', exports: { '.': entry }, ...more };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

/** Puts the tarball into the folder, which is made; gives its path. */
export async function packSubscribe(folder: string): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'saidao-pack-'));
  try {
    const bundled: Record<string, string> = {};
    for (const name of needed(PACKED)) {
      if (name === PACKED) continue;
      const target = join(home, 'node_modules', name);
      const its = manifestOf(name);
      bundled[name] = its.version;
      if (name.startsWith('@saidao/')) {
        await compile(name, target);
        writeFileSync(join(target, 'package.json'), manifest(its));
      } else cpSync(sourceOf(name), target, { recursive: true });
    }
    await compile(PACKED, home);
    const more = {
      description: 'Reads what Saidao decides: each event once, in order, and the present state.',
      engines: { node: NODE },
      dependencies: bundled,
      bundleDependencies: Object.keys(bundled),
      peerDependencies: { [PEER]: manifestOf(PACKED).dependencies?.[PEER] },
      peerDependenciesMeta: { [PEER]: { optional: true } },
    };
    writeFileSync(join(home, 'package.json'), manifest(manifestOf(PACKED), more));
    cpSync(join(root, 'packages/subscribe/README.md'), join(home, 'README.md'));
    cpSync(join(root, 'LICENSE'), join(home, 'LICENSE'));
    mkdirSync(folder, { recursive: true });
    const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', resolve(folder)];
    const { stdout } = await run('npm', words, { cwd: home, maxBuffer: 2 ** 26 });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    return join(folder, filename.replace('@', '').replace('/', '-'));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const [folder = join(root, '.saidao')] = process.argv.slice(2);
  const packed = await packSubscribe(folder);
  process.stdout.write(`${relative(process.cwd(), packed)}\n`);
}
