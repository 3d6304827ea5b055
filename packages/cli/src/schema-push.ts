// Our schemas into a registry of somebody else's, under the ids and versions that they have here.
import { lines, lockedSchemas, normalForm } from '@saidao/schemas';
import { EXIT } from './exit-codes.ts';
import { RegistryRefusal, type ForeignRegistry } from './foreign-registry.ts';
import { Told } from './told.ts';

export interface PushedSchema {
  readonly id: number;
  /** With the broker's name of the topic. */
  readonly subject: string;
  readonly version: number;
  readonly schema: string;
}

export interface PushPlan {
  readonly there: readonly PushedSchema[];
  /** In the order of ids. */
  readonly missing: readonly PushedSchema[];
  /** What there is in the way, each in a sentence. */
  readonly conflicts: readonly string[];
}

interface VersionThere {
  readonly id: number;
  readonly schema: string;
}

/** All schemas in the order of ids; that of a lender's or a line's topic once for each of them. */
export function schemasToPush(lenders: readonly string[]): PushedSchema[] {
  return [...lockedSchemas]
    .sort((one, other) => one.id - other.id || one.version - other.version)
    .flatMap(({ id, subject, version, schema }) =>
      subjectsOf(subject, lenders).map((named) => ({
        id,
        subject: named,
        version,
        schema: JSON.stringify(schema),
      })),
    );
}

function subjectsOf(subject: string, lenders: readonly string[]): string[] {
  if (subject.includes('{lender}')) return lenders.map((one) => subject.replace('{lender}', one));
  if (subject.includes('{line}')) return lines.map((one) => subject.replace('{line}', one));
  return [subject];
}

/** Looks at everything and changes nothing. */
export async function planPush(
  registry: ForeignRegistry,
  wanted: readonly PushedSchema[],
): Promise<PushPlan> {
  const [there, missing, conflicts] = [[] as PushedSchema[], [] as PushedSchema[], [] as string[]];
  for (const [id, one] of new Map(wanted.map((each) => [each.id, each]))) {
    const found = await registry.find<{ schema: string }>(`/schemas/ids/${id}`);
    if (found !== undefined && !isSame(found.schema, one.schema)) {
      conflicts.push(`id ${id} is another schema there, not that of ${one.subject}`);
    }
  }
  for (const one of wanted) {
    const found = await registry.find<VersionThere>(versionPath(one));
    if (found === undefined) {
      missing.push(one);
      const mode = await ownModeOf(registry, one.subject);
      if (mode?.startsWith('READONLY')) conflicts.push(`${one.subject} is read-only there`);
    } else if (found.id === one.id && isSame(found.schema, one.schema)) there.push(one);
    else conflicts.push(`${nameOf(one)} has the id ${found.id} there, not ${one.id}`);
  }
  return { there, missing, conflicts };
}

/** The mode that holds for the registry as a whole; without one it cannot keep ids. */
export async function modeOf(registry: ForeignRegistry): Promise<string> {
  const found = await registry.find<{ mode?: string }>('/mode');
  if (typeof found?.mode === 'string') return found.mode;
  throw new Told(`The registry at ${registry.address} has no modes, so it cannot keep ids.`);
}

/** Undefined where the subject has none of its own. */
async function ownModeOf(registry: ForeignRegistry, subject: string): Promise<string | undefined> {
  const found = await registry.find<{ mode?: string }>(`/mode/${encodeURIComponent(subject)}`);
  return found?.mode;
}

/**
 * Registers what is missing, one after the other, until the signal or the first that is not as it
 * must be.
 */
export async function push(
  registry: ForeignRegistry,
  missing: readonly PushedSchema[],
  onRegistered: (one: PushedSchema) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const one of missing) {
    if (signal.aborted) {
      throw new Told('Interrupted; give it again to go on.', EXIT.interrupted);
    }
    await whileImporting(registry, one.subject, () => registerOne(registry, one));
    onRegistered(one);
  }
}

async function registerOne(registry: ForeignRegistry, one: PushedSchema): Promise<void> {
  const { id, version, schema, subject } = one;
  const path = `/subjects/${encodeURIComponent(subject)}/versions`;
  const given = await refusedAs(`${nameOf(one)} under the id ${id}`, () =>
    registry.ask<{ id: number }>('POST', path, { schema, id, version }),
  );
  const found = await registry.find<VersionThere>(versionPath(one));
  if (given.id === id && found?.id === id) return;
  const got = given.id === id ? `no version ${version}` : `the id ${given.id}`;
  throw new Told(
    `The registry gave ${got} to ${nameOf(one)}, not the id ${id}: it does not keep ids. ` +
      'Nothing further was sent; take this version out there.',
  );
}

/** A subject alone is opened, and for this long only: whoever else registers is not to be met. */
async function whileImporting(
  registry: ForeignRegistry,
  subject: string,
  work: () => Promise<void>,
): Promise<void> {
  const path = `/mode/${encodeURIComponent(subject)}`;
  const own = await ownModeOf(registry, subject);
  // `force`: the subject may have earlier versions.
  await refusedAs(`the mode IMPORT for ${subject}, so ids cannot be kept`, () =>
    registry.ask('PUT', `${path}?force=true`, { mode: 'IMPORT' }),
  );
  try {
    await work();
  } finally {
    await refusedAs(`the mode of ${subject} back, which is IMPORT now; set it by hand`, () =>
      own === undefined
        ? registry.ask('DELETE', path)
        : registry.ask('PUT', `${path}?force=true`, { mode: own }),
    );
  }
}

async function refusedAs<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RegistryRefusal)) throw error;
    const said = `${error.code}: ${error.reason}`;
    throw new Told(`The registry refuses ${what} (${said}). Nothing further was sent.`, undefined, {
      cause: error,
    });
  }
}

/** As clients see it: a registry gives schemas back in a spelling of its own. */
function isSame(one: string, other: string): boolean {
  try {
    return JSON.stringify(normalForm(one)) === JSON.stringify(normalForm(other));
  } catch {
    // Of another kind than Avro.
    return false;
  }
}

function versionPath({ subject, version }: PushedSchema): string {
  return `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
}

function nameOf({ subject, version }: PushedSchema): string {
  return `version ${version} of ${subject}`;
}
