// What may be asked of the desk of policies, and who answers it.
import { businessDateOf } from '@saidao/values';
import { differenceOf, historyOf, listOf, shown } from './answers.ts';
import { entered, type EnteringQuestion } from './entering.ts';
import { speedOf, type SpeedQuestion } from './evidence/speed.ts';
import { verified, type VerifyQuestion } from './evidence/verify.ts';
import { presented, type PresentQuestion } from './present.ts';
import { ended, published, type PublishingQuestion } from './publishing.ts';
import { reportOf, type ReportQuestion } from './report.ts';
import { testOf, type Conversation, type TestQuestion } from './testing.ts';

/** Not by arguments: others may read those, and a database's address holds a password. */
export type Question =
  | { readonly ask: 'list' }
  | { readonly ask: 'show'; readonly ref: string }
  | { readonly ask: 'diff'; readonly a: string; readonly b: string }
  | { readonly ask: 'history'; readonly lenderId: string }
  | ({ readonly ask: 'enter' } & EnteringQuestion)
  | ({ readonly ask: 'publish' } & PublishingQuestion)
  | { readonly ask: 'end'; readonly ref: string; readonly by: string }
  | ({ readonly ask: 'report' } & ReportQuestion)
  | ({ readonly ask: 'test' } & TestQuestion)
  | ({ readonly ask: 'verify' } & VerifyQuestion)
  | ({ readonly ask: 'present' } & PresentQuestion)
  | ({ readonly ask: 'speed' } & SpeedQuestion);

export function answerTo(question: Question, conversation: Conversation): unknown {
  const today = businessDateOf(Date.now());
  switch (question.ask) {
    case 'list':
      return listOf();
    case 'show':
      return shown(question.ref);
    case 'diff':
      return differenceOf(question.a, question.b);
    case 'history':
      return historyOf(question.lenderId);
    case 'enter':
      return entered(question);
    case 'publish':
      return published(question, today);
    case 'end':
      return ended(question.ref, question.by, today);
    case 'report':
      return reportOf(question);
    case 'test':
      return testOf(question, conversation);
    case 'verify':
      return verified(question);
    case 'present':
      return presented(question);
    case 'speed':
      return speedOf(question);
  }
}
