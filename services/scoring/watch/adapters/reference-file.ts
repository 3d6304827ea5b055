// Reads and writes the reference of a model: a file beside the models, named after its model.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { NamedModel } from '../ports.ts';
import type { Reference } from '../reference.ts';

const FOLDER = fileURLToPath(new URL('../references/', import.meta.url));

export function referencePath({ id, version }: NamedModel): string {
  return `${FOLDER}${id}.v${version}.json`;
}

/** Undefined: the model has no reference, and is not watched. */
export function readReference(model: NamedModel): Reference | undefined {
  const path = referencePath(model);
  if (!existsSync(path)) return undefined;
  const reference = JSON.parse(readFileSync(path, 'utf8')) as Reference;
  const ref = `${model.id}@${model.version}`;
  if (reference.model !== ref) throw new Error(`${path} is of ${reference.model}, not of ${ref}.`);
  return reference;
}

export function writeReference(model: NamedModel, reference: Reference): void {
  writeFileSync(referencePath(model), `${JSON.stringify(reference, null, 2)}\n`);
}
