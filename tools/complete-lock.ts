// Completes package-lock.json after `npm install`: an entry for each optional package of other systems.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// npm leaves out what the registry in use does not serve, and `npm ci` then refuses the lock file.

interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Lock {
  packages: Record<string, LockEntry & Readonly<Record<string, unknown>>>;
}

const SYSTEMS =
  /^(?:android|darwin|freebsd|linux|openharmony|win32|windows|aix|netbsd|openbsd|sunos)$/;
const PROCESSORS = /^(?:arm|arm64|x64|ia32|ppc64|riscv64|s390x|loong64|mips64el|wasm32)$/;

/** The optional packages that no entry speaks for, as `name@version`. */
export function missingFrom({ packages }: Lock): string[] {
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !(`${path}/node_modules/${name}` in packages))
      .filter(([name]) => !(`node_modules/${name}` in packages))
      .map(([name, version]) => `${name}@${version}`),
  );
}

/** The lock with an entry for each of them: version, system and processor, as their names say. */
export function completed(lock: Lock): Lock {
  const packages = { ...lock.packages };
  for (const entry of Object.values(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (`node_modules/${name}` in packages) continue;
      const words = name.split('/').at(-1)?.split('-') ?? [];
      const os = words.find((word) => SYSTEMS.test(word));
      const cpu = words.find((word) => PROCESSORS.test(word));
      packages[`node_modules/${name}`] = {
        version: version.replace(/^[\^~]/, ''),
        ...(cpu === undefined ? {} : { cpu: [cpu] }),
        ...(entry.dev === true ? { dev: true } : {}),
        optional: true,
        ...(os === undefined ? {} : { os: [os] }),
      };
    }
  }
  const sorted = Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...lock, packages: Object.fromEntries(sorted) };
}

export const LOCK_FILE = join(import.meta.dirname, '..', 'package-lock.json');

if (import.meta.main) {
  const lock = JSON.parse(readFileSync(LOCK_FILE, 'utf8')) as Lock;
  const missing = missingFrom(lock);
  if (missing.length > 0) {
    writeFileSync(LOCK_FILE, `${JSON.stringify(completed(lock), null, 2)}\n`);
  }
  process.stdout.write(`${missing.length} entries added to package-lock.json.\n`);
}
