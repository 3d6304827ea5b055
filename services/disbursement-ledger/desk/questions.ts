// What may be asked of the desk of the ledger, and who answers it.
import type { Conversation } from './conversation.ts';
import { haltsNow, lifted, type HaltsQuestion, type LiftQuestion } from './halts.ts';
import { reconciled, type ReconcileQuestion } from './reconcile/reconciling.ts';
import { scheduleAnswer, type ScheduleQuestion } from './schedule.ts';

/** Not by arguments: others may read those, and a database's address holds a password. */
export type Question =
  | ({ readonly ask: 'schedule' } & ScheduleQuestion)
  | ({ readonly ask: 'reconcile' } & ReconcileQuestion)
  | ({ readonly ask: 'halts' } & HaltsQuestion)
  | ({ readonly ask: 'lift' } & LiftQuestion);

export function answerTo(question: Question, _conversation: Conversation): unknown {
  switch (question.ask) {
    case 'schedule':
      return scheduleAnswer(question);
    case 'reconcile':
      return reconciled(question);
    case 'halts':
      return haltsNow(question);
    case 'lift':
      return lifted(question);
  }
}
