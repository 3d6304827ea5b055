// What KEDA's scaler refuses in a trigger on Kafka: its CRD takes any text there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Metadata = Readonly<Record<string, string>>;

/**
 * What is wrong with a trigger's metadata, each in a sentence. The rules are read from the source of
 * the scaler in `keda`, the folder of KEDA's module: the fields that its struct is filled with, and
 * those that `Validate` lets no trigger set together. To compile it takes the clients of every
 * scaler that KEDA has.
 */
export function kafkaTriggerFaults(keda: string): (metadata: Metadata) => string[] {
  const source = readFileSync(join(keda, 'pkg', 'scalers', 'kafka_scaler.go'), 'utf8');
  const fields = [
    ...source.matchAll(/^\t(\w+)\s+(\S+)\s+`keda:"name=(\w+),order=([\w;]+)(?:,([^"]*))?"`$/gm),
  ].map(([, field, type, name, order, more = '']) => ({
    ...{ field: field!, type: type!, name: name! },
    isMetadata: order!.includes('triggerMetadata'),
    isOptional: /optional|default=/.test(more),
    values: /enum=([\w;]+)/.exec(more)?.[1]!.split(';'),
  }));
  const [, validate] = /^func \(m \*kafkaMetadata\) Validate\(\) error \{\n(.*?)^\}/ms.exec(
    source,
  )!;
  const nameOf = (field: string) => fields.find((one) => one.field === field)!.name;
  const together = [...validate!.matchAll(/if m\.(\w+) && m\.(\w+) \{/g)].map(
    ([, one, other]) => [nameOf(one!), nameOf(other!)] as const,
  );
  if (fields.length < 20 || together.length === 0) {
    throw new Error(`The Kafka scaler in ${keda} is written otherwise: read its rules anew.`);
  }
  const known = new Map(fields.flatMap((one) => (one.isMetadata ? [[one.name, one]] : [])));
  return (metadata) => [
    ...Object.keys(metadata).flatMap((name) => (known.has(name) ? [] : [`nobody reads ${name}`])),
    ...[...known.values()].flatMap(({ name, type, isOptional, values }) => {
      const value = metadata[name];
      if (value === undefined) return isOptional ? [] : [`${name} is missing`];
      const isFit =
        (values?.includes(value) ?? true) &&
        (type !== 'bool' || /^(?:true|false)$/.test(value)) &&
        (type !== 'int64' || /^\d+$/.test(value));
      return isFit ? [] : [`${name} is ${value}`];
    }),
    ...together.flatMap(([one, other]) =>
      metadata[one] === 'true' && metadata[other] === 'true'
        ? [`${one} and ${other} cannot be set together`]
        : [],
    ),
  ];
}
