// Keyed hashes in the place of personal data: what the log of calls and evidence may say.
import { createHmac } from 'node:crypto';

export interface Aliases {
  /** Stands for an identity number in the log of calls; the same for the same number. */
  readonly personOf: (idNumber: string) => string;
  /** Stands for an answer's bytes in evidence. */
  readonly sealOf: (answer: string) => string;
}

/**
 * Identity numbers are few enough to try them all, and answers about persons are short, so a plain
 * hash of either could be undone by whoever reads it. Uses of the key are told apart by a word.
 */
export function aliasesWith(key: string): Aliases {
  const macOf = (use: string, text: string) =>
    createHmac('sha256', key).update(`${use}\0${text}`).digest('hex');
  return {
    personOf: (idNumber) => `person/${macOf('person', idNumber).slice(0, 32)}`,
    sealOf: (answer) => macOf('answer', answer),
  };
}
