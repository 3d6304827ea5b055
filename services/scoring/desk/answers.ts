// What the desk of models answers from the register: list, show, differences, and activation.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { APPROVERS_NEEDED, type Approving } from '@saidao/register';
import { readModels } from '../adapters/model-files.ts';
import { changeRegister, scoringFolder } from '../adapters/register-file.ts';
import type { Model } from '../register.ts';
import { approve } from '../register/activation.ts';
import { diffOfModels } from '../register/differences.ts';
import { DeskFault } from './fault.ts';

const DIGEST_SHOWN = 12;

export function listOf() {
  return readModels().all.map(summaryOf);
}

export function shown(ref: string) {
  const model = modelNamed(ref);
  return { ...summaryOf(model), digest: model.digest, source: model.source, card: cardOf(model) };
}

export function differenceOf(a: string, b: string) {
  return diffOfModels(modelNamed(a), modelNamed(b));
}

/** One person's approval of a model, written to the register. */
export function activated(ref: string, approving: Approving, folder: string = scoringFolder) {
  const done = changeRegister(folder, (register) => {
    // All of it has to be sound before one model's state is changed.
    readModels(folder);
    return approve(register, ref, approving);
  });
  if ('fault' in done) throw new DeskFault(done.fault);
  const { register, outcome, retired, from } = done;
  const given = register.models[ref]?.approvals.length ?? 0;
  const needed = outcome === 'activated' ? 0 : APPROVERS_NEEDED - given;
  return { ref, outcome, retired, from, approvalsNeeded: needed };
}

function modelNamed(ref: string): Model {
  const { all } = readModels();
  const found = all.find((model) => model.ref === ref);
  if (found !== undefined) return found;
  throw new DeskFault(
    `There is no model ${ref}; there are ${all.map((one) => one.ref).join(', ')}.`,
  );
}

function summaryOf(model: Model) {
  const { ref, id, version, kind, status, role, owner, validFrom, validTo, approvals } = model;
  const digest = model.digest.slice(0, DIGEST_SHOWN);
  return { ref, id, version, kind, status, role, owner, validFrom, validTo, digest, approvals };
}

/** The generated page of a scorecard; of another model what the register says of it. */
function cardOf({ id, version, kind, file, source }: Model): string {
  const path = join(scoringFolder, '..', '..', 'docs', 'models', `${id}-${version}.md`);
  if (existsSync(path)) return readFileSync(path, 'utf8');
  return `# ${id}@${version}\n\n${source}\n\nA model of the kind ${kind}, in models/${file}.\n`;
}
