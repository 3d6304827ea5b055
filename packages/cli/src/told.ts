// A failure that the person at the terminal can put right: told in a sentence, without a stack.
import { EXIT } from './exit-codes.ts';

export class Told extends Error {
  readonly exitCode: number;

  constructor(sentence: string, exitCode: number = EXIT.failed, options?: { cause?: unknown }) {
    super(sentence, options);
    this.name = 'Told';
    this.exitCode = exitCode;
  }
}
