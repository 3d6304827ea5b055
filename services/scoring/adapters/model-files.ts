// Reads the register and the models from their files, checked and with their digests.
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { refOf } from '@saidao/register';
import { toJson } from '@saidao/values';
import { faultsOfCard, type Card } from '../card/card.ts';
import { derivedRules } from '../card/derived.ts';
import { readyCard, type ReadyCard, type TrackTables } from '../card/score.ts';
import type { TrackMapping } from '../codes/tracks.ts';
import { championOn, type Model, type ModelRegister, type RegisterEntry } from '../register.ts';
import { faultsOfModel, faultsOfRegister } from '../register/faults.ts';
import { readRegister, scoringFolder } from './register-file.ts';

/** A model that can score, made ready. */
export type ReadyModel = Model & { readonly ready: ReadyCard };

export interface Models {
  readonly register: ModelRegister;
  /** All of them, challengers and retired ones too, by reference. */
  readonly all: readonly Model[];
  /** Those of them that can score here. */
  readonly ready: readonly ReadyModel[];
  /** The card that scores an application of this business date. */
  champion(businessDate: string): ReadyModel;
}

/** SHA-256 of a text or bytes, hex. */
export function sha256(content: string | Buffer): string {
  return hash('sha256', content, 'hex');
}

/** All models of a folder; a register or model with faults is an error that names every one. */
export function readModels(folder: string = scoringFolder): Models {
  const register = readRegister(folder);
  const { tables, digests } = readTables(folder);
  const all: Model[] = [];
  const faults = faultsOfRegister(register);
  for (const [ref, entry] of Object.entries(register.models)) {
    const read = readModel(folder, ref, entry);
    if ('fault' in read) {
      faults.push(read.fault);
      continue;
    }
    if (read.digest !== entry.digest) {
      faults.push(`${ref}: ${entry.file} has the digest ${read.digest}, the register another`);
    }
    // What is wrong with the entry itself has been said of the register.
    faults.push(...faultsOfModel(read.model).filter((fault) => !faults.includes(fault)));
    faults.push(...faultsOfData(read.model, digests));
    all.push(read.model);
  }
  if (faults.length > 0) throw new Error(`The models cannot be used: ${faults.join('; ')}.`);
  const derivedDigest = sha256(toJson(derivedRules));
  const ready = all.flatMap((model) => {
    const { card, digest } = model;
    if (card === null) return [];
    return [{ ...model, ready: readyCard(card, { digest, derivedDigest }, tables) }];
  });
  // Asked for each application, and there are few dates at a time.
  let last: { readonly date: string; readonly model: ReadyModel } | undefined;
  return {
    register,
    all,
    ready,
    champion(businessDate) {
      if (last?.date !== businessDate) {
        last = { date: businessDate, model: championOn(ready, businessDate) };
      }
      return last.model;
    },
  };
}

function readModel(folder: string, ref: string, entry: RegisterEntry) {
  const isJson = entry.file.endsWith('.json');
  let bytes: Buffer;
  let data: unknown = null;
  try {
    bytes = readFileSync(join(folder, 'models', entry.file));
    if (isJson) data = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    return { fault: `${ref}: ${entry.file} cannot be read: ${(error as Error).message}` };
  }
  const isCard = entry.kind === 'card' && (data as { form?: unknown } | null)?.form === 2;
  const { id, version } = refOf(ref) ?? { id: ref, version: 0 };
  const card = isCard ? (data as Card) : null;
  const model: Model = { ...entry, ref, id, version, data, card };
  // Of the canonical text, so that neither layout nor line ends of the file change it.
  return { model, digest: sha256(isJson ? toJson(data) : bytes) };
}

type Digests = Readonly<Record<keyof Card['data'], string>>;

function faultsOfData({ ref, card }: Model, digests: Digests): string[] {
  // A card of another shape may name no tables; that has been said of it.
  if (card === null || faultsOfCard(card).length > 0) return [];
  return (Object.keys(digests) as (keyof Digests)[])
    .filter((name) => card.data[name] !== digests[name])
    .map((name) => `${ref}: ${name} has the digest ${digests[name]}, the card another`);
}

interface IpcFile {
  readonly branches: Readonly<Record<string, string>>;
  readonly mappings: readonly {
    readonly ipcPrefix: string;
    readonly branch: string;
    readonly keywordNeeded: boolean;
  }[];
}

interface IndustryFile {
  readonly mappings: readonly {
    readonly prefix: string;
    readonly branch: string;
    readonly partly: boolean;
  }[];
}

/** The tables of tracks, and the digest of each. */
export function readTables(folder: string = scoringFolder): {
  readonly tables: TrackTables;
  readonly digests: Digests;
} {
  const json = (name: string): unknown =>
    JSON.parse(readFileSync(join(folder, 'data', name), 'utf8'));
  const ipc = json('ipc-industries.json') as IpcFile;
  const industry = json('industry-tracks.json') as IndustryFile;
  const { branches } = ipc;
  const known = (mapping: TrackMapping): TrackMapping => {
    if (Object.hasOwn(branches, mapping.branch)) return mapping;
    throw new Error(
      `${mapping.prefix} stands for the branch ${mapping.branch}, which has no name.`,
    );
  };
  return {
    tables: {
      ipcIndustries: {
        branches,
        mappings: ipc.mappings.map(({ ipcPrefix, branch, keywordNeeded }) =>
          known({ prefix: ipcPrefix, branch, weak: keywordNeeded }),
        ),
      },
      industryTracks: {
        branches,
        mappings: industry.mappings.map(({ prefix, branch, partly }) =>
          known({ prefix, branch, weak: partly }),
        ),
      },
    },
    digests: { ipcIndustries: sha256(toJson(ipc)), industryTracks: sha256(toJson(industry)) },
  };
}
