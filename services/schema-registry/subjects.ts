// The committed schemas under the subjects that clients ask for, whatever strategy names them.
import {
  catalogue,
  normalForm,
  topicByName,
  type AvroSchema,
  type LockedSchema,
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

export interface Subjects {
  readonly byId: ReadonlyMap<number, SchemaVersion>;
  /** As the lock has them, with `{lender}` and `{line}`. */
  readonly names: readonly string[];
  /**
   * The subject of a name: `<topic>-<record>`, `<record>` alone, or `<topic>-value`. A topic is the
   * broker's (`saidao.decisions.czb-hz.v1`) or the catalogue's (`saidao.decisions.{lender}.v1`).
   */
  named(name: string): Subject | undefined;
}

export function subjectsOf(schemas: readonly LockedSchema[]): Subjects {
  const all = schemas.map(versionOf).sort((one, other) => one.id - other.id);
  const ofTopic = (topicName: string) =>
    all.filter(({ subject }) => partsOf(subject)[0] === topicName);
  return {
    byId: new Map(all.map((one) => [one.id, one])),
    names: [...new Set(all.map(({ subject }) => subject))].sort(),
    named(name) {
      const [topicName, record] = partsOf(name);
      const topic = topicByName(topicName) ?? catalogue.find((one) => one.name === topicName);
      const mixed = topic !== undefined && record === 'value';
      const found = mixed
        ? // Ids only grow, so what has a number keeps it.
          ofTopic(topic.name).map((one, at) => ({ ...one, version: at + 1 }))
        : all.filter((one) =>
            topic === undefined ? one.record === name : one.subject === `${topic.name}-${record}`,
          );
      return found.length === 0 ? undefined : { name, versions: found, mixed };
    },
  };
}

function versionOf({ id, subject, version, schema }: LockedSchema): SchemaVersion {
  const text = JSON.stringify(schema);
  const form = normalForm(text);
  const [, record] = partsOf(subject);
  return { id, subject, version, text, form, formText: JSON.stringify(form), record };
}

/** Neither a record nor `value` has a hyphen; a topic may. */
function partsOf(subject: string): [topic: string, record: string] {
  const hyphen = subject.lastIndexOf('-');
  return [subject.slice(0, Math.max(hyphen, 0)), subject.slice(hyphen + 1)];
}
