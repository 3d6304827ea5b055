// Reads a scorecard from its file, checks it and adds the hash of what it says.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toJson } from '@saidao/values';
import { faultsOfCard, type Card } from '../card.ts';
import type { LoadedCard } from '../decide.ts';

/** Where the cards of this release lie. */
export const cardsFolder = fileURLToPath(new URL('../cards/', import.meta.url));

/** The card of a file; a card that contradicts itself is an error that names every fault. */
export function readCard(path: string): LoadedCard {
  const card = JSON.parse(readFileSync(path, 'utf8')) as Card;
  const faults = faultsOfCard(card);
  if (faults.length > 0) {
    throw new Error(`The scorecard ${path} cannot be used: ${faults.join('; ')}.`);
  }
  // Of the canonical text, so that neither layout nor line ends of the file change it.
  return { ...card, digest: createHash('sha256').update(toJson(card)).digest('hex') };
}
