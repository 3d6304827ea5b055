// What may be asked of the desk of policies, and who answers it.
import { testOf, type Conversation, type TestQuestion } from './testing.ts';

/** Not by arguments: others may read those, and a database's address holds a password. */
export type Question = { readonly ask: 'test' } & TestQuestion;

export function answerTo(question: Question, conversation: Conversation): unknown {
  switch (question.ask) {
    case 'test':
      return testOf(question, conversation);
  }
}
