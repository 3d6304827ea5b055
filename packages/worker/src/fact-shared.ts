// A source of facts that is asked once for all who ask the same at the same time.
import type { Reply } from './asking.ts';
import type { FactSource } from './fact-source.ts';
import { Flights } from './provider-flights.ts';

/**
 * For those who may stand on an answer that somebody else has just asked for. Who has to ask
 * afresh, after something happened, must not join a question from before it.
 */
export function factShared<Subject, Says>(
  source: FactSource<Subject, Says>,
  keyOf: (subject: Subject) => string,
): FactSource<Subject, Says> {
  const flights = new Flights<Reply<Says>>();
  return {
    ...source,
    async ask(subject, question) {
      const { lenderId, signal } = question;
      try {
        return await flights.join(`${lenderId}/${keyOf(subject)}`, signal, (until) =>
          source.ask(subject, { ...question, signal: until }),
        );
      } catch (error) {
        if (!signal.aborted) throw error;
        return { kind: 'not-asked', message: 'time was over before an answer came' };
      }
    },
  };
}
