// The committed schemas under the subjects that clients ask for, whatever strategy names them.
import {
  catalogue,
  lockedSchemas,
  normalForm,
  topicByName,
  type AvroSchema,
} from '@saidao/schemas';

export interface SchemaVersion {
  readonly id: number;
  readonly version: number;
  /** As the lock has it. */
  readonly text: string;
  readonly form: AvroSchema;
  /** Equal texts: equal forms. */
  readonly formText: string;
  /** The record's full name. */
  readonly record: string;
  /** Under which the lock has it: `<topic>-<record>`. */
  readonly subject: string;
}

export interface Subject {
  /** As it was asked for. */
  readonly name: string;
  /** In the order of their numbers, 1, 2, 3 … */
  readonly versions: readonly SchemaVersion[];
  /** True for a topic: its versions are of several records, none made from the one before. */
  readonly mixed: boolean;
}

const locked: readonly SchemaVersion[] = lockedSchemas
  .map(({ id, subject, version, schema }) => {
    const text = JSON.stringify(schema);
    const form = normalForm(text);
    const [, record] = partsOf(subject);
    return { id, subject, version, text, form, formText: JSON.stringify(form), record };
  })
  .sort((one, other) => one.id - other.id);

export const byId: ReadonlyMap<number, SchemaVersion> = new Map(locked.map((one) => [one.id, one]));

export const subjectNames: readonly string[] = [
  ...new Set(locked.map(({ subject }) => subject)),
].sort();

/**
 * The subject of a name: `<topic>-<record>`, `<record>` alone, or `<topic>-value`. A topic is the
 * broker's (`saidao.decisions.czb-hz.v1`) or the catalogue's (`saidao.decisions.{lender}.v1`).
 */
export function subjectNamed(name: string): Subject | undefined {
  const [topicName, record] = partsOf(name);
  const topic = topicByName(topicName) ?? catalogue.find((one) => one.name === topicName);
  const mixed = topic !== undefined && record === 'value';
  const found = mixed
    ? // Ids only grow, so what has a number keeps it.
      ofTopic(topic.name).map((one, at) => ({ ...one, version: at + 1 }))
    : locked.filter((one) =>
        topic === undefined ? one.record === name : one.subject === `${topic.name}-${record}`,
      );
  return found.length === 0 ? undefined : { name, versions: found, mixed };
}

function ofTopic(topicName: string): SchemaVersion[] {
  return locked.filter(({ subject }) => partsOf(subject)[0] === topicName);
}

/** Neither a record nor `value` has a hyphen; a topic may. */
function partsOf(subject: string): [topic: string, record: string] {
  const hyphen = subject.lastIndexOf('-');
  return [subject.slice(0, Math.max(hyphen, 0)), subject.slice(hyphen + 1)];
}
