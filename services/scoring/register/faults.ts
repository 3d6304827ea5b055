// What is wrong with a register of models or an entry of it, each as a sentence.
import { faultsOfChampions, faultsOfEntry, refOf } from '@saidao/register';
import { faultsOfCard } from '../card/card.ts';
import { modelKinds, type Model, type ModelRegister, type RegisterEntry } from '../register.ts';

/** Every fault of a model by itself as a sentence. */
export function faultsOfModel(model: Model): string[] {
  const faults = faultsOfModelEntry(model);
  if (model.card === null) {
    if (model.kind === 'card' && model.status !== 'retired') {
      faults.push('its file is no card of the present form');
    }
  } else {
    if (model.card.id !== model.id || model.card.version !== model.version) {
      faults.push(`its file is ${model.card.id}@${model.card.version}`);
    }
    faults.push(...faultsOfCard(model.card));
  }
  if (model.kind === 'http') faults.push(...faultsOfDescription(model));
  return faults.map((fault) => `${model.ref}: ${fault}`);
}

/** What stands behind an address, no file here can hold: it has to say at least what that is. */
function faultsOfDescription({ ref, data }: Model): string[] {
  const said = (data ?? {}) as { readonly id?: unknown; version?: unknown; official?: unknown };
  const faults: string[] = [];
  if (`${String(said.id)}@${String(said.version)}` !== ref) {
    faults.push('its file is no description of it: id and version are not these');
  }
  if (said.official !== false) faults.push('official has to be false');
  return faults;
}

/** Every fault of an entry, whatever stands in its file. */
export function faultsOfModelEntry(entry: RegisterEntry): string[] {
  const faults: string[] = [];
  const { kind, role, file } = entry;
  if (!modelKinds.includes(kind)) faults.push(`${kind} is no kind`);
  if (!/^[\w.-]+$/.test(file)) faults.push(`${file} is no name of a file under models/`);
  if (role === 'champion' && kind !== 'card') faults.push('only a card can be the champion');
  if (role === 'challenger' && kind === 'card') {
    faults.push('a card cannot be a challenger: challengers are told shares of points, no facts');
  }
  return [...faults, ...faultsOfEntry(entry)];
}

/** Every fault of the register as a whole: references, and one champion on any business date. */
export function faultsOfRegister(register: ModelRegister): string[] {
  const faults: string[] = [];
  const entries = Object.entries(register.models);
  for (const [ref, entry] of entries) {
    if (refOf(ref) === undefined) faults.push(`${ref} is no model: write as soft-power@2`);
    faults.push(...faultsOfModelEntry(entry).map((fault) => `${ref}: ${fault}`));
  }
  faults.push(...faultsOfChampions(entries.map(([ref, entry]) => ({ ref, ...entry }))));
  return faults;
}
