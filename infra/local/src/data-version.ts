// Which versions wrote the data folder, so that data of an older one is never opened by surprise.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fault } from './faults.ts';
import type { LocalFault } from './faults.ts';
import { KAFKA_VERSION } from './kafka.ts';
import { outsideFolder, POSTGRES_MAJOR, postgresDataVersion } from './postgres.ts';

/** Raised when Saidao's own data (topics, tables) can no longer be carried over by migrations. */
const FORMAT = 2;

export interface DataVersion {
  format: number;
  kafka: string;
  postgres: string;
}

const current: DataVersion = {
  format: FORMAT,
  kafka: KAFKA_VERSION,
  postgres: String(POSTGRES_MAJOR),
};

export function dataVersionFile(home: string): string {
  return join(home, 'data', 'VERSION.json');
}

/** Null if the data folder is new or fits this version. */
export function checkDataVersion(home: string): LocalFault | null {
  const folder = join(home, 'data');
  const postgres = postgresDataVersion(home);
  if (postgres !== null && postgres !== current.postgres) {
    return fault('SAIDAO_DATA_OLDER', {
      what: 'PostgreSQL',
      found: postgres,
      wanted: current.postgres,
      folder,
    });
  }
  const written = readVersion(home);
  if (written === 'unreadable') {
    return fault('SAIDAO_DATA_UNREADABLE', { folder, reason: 'its VERSION.json is no JSON' });
  }
  if (written && written.format !== FORMAT) {
    return fault('SAIDAO_DATA_OLDER', {
      what: 'Saidao data format',
      found: String(written.format),
      wanted: String(FORMAT),
      folder,
    });
  }
  if (written && newer(written.kafka, KAFKA_VERSION)) {
    return fault('SAIDAO_DATA_OLDER', {
      what: 'Kafka',
      found: written.kafka,
      wanted: KAFKA_VERSION,
      folder,
    });
  }
  return null;
}

/**
 * Null unless root's PostgreSQL has data outside a home that never began: tables beside new topics
 * would take new applications for known ones. Where Kafka or PostgreSQL is given, the two do not
 * lie together, and this says nothing.
 */
export function checkLeftData(home: string, outside = outsideFolder(home)): LocalFault | null {
  if (existsSync(dataVersionFile(home))) return null;
  const folder = join(outside, 'data');
  return existsSync(join(folder, 'postgres')) ? fault('SAIDAO_DATA_LEFT', { folder }) : null;
}

export function writeDataVersion(home: string): void {
  mkdirSync(join(home, 'data'), { recursive: true });
  writeFileSync(dataVersionFile(home), `${JSON.stringify(current)}\n`);
}

function readVersion(home: string): DataVersion | 'unreadable' | null {
  const file = dataVersionFile(home);
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DataVersion;
  } catch {
    return 'unreadable';
  }
}

/** Kafka takes over data of an older broker by itself, but not of a newer one. */
function newer(found: string, known: string): boolean {
  const [a = [], b = []] = [found, known].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) > (b[i] ?? 0);
  }
  return false;
}
