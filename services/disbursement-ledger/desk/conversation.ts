// Talk of the desk with whoever asked it: lines of JSON both ways, so that long answers flow.

export interface Conversation {
  readonly lines: AsyncIterator<string, unknown>;
  say(said: unknown): void;
}

/** Characters of one part; no more of a long answer is held at a time. */
const PART_CHARACTERS = 262_144;

/** Hands over lines of text part by part, each only when the one before has been taken. */
export class Parts {
  readonly #conversation: Conversation;
  #held: string[] = [];
  #size = 0;
  /** Lines handed over so far. */
  count = 0;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  async add(lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      this.#held.push(line);
      this.#size += line.length + 1;
    }
    this.count += lines.length;
    if (this.#size >= PART_CHARACTERS) await this.end();
  }

  async end(): Promise<void> {
    if (this.#held.length === 0) return;
    const part = this.#held;
    this.#held = [];
    this.#size = 0;
    this.#conversation.say({ part });
    const { done } = await this.#conversation.lines.next();
    if (done === true) throw new Error('Whoever asked has gone.');
  }
}
