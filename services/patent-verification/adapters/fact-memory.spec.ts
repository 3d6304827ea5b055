// Facts in memory keep to what every source of facts does.
import { callLogMemory, factConformance, factMemory, type FactCase } from '@saidao/testkit/facts';
import { guarantorCase, registerCase } from './facts.fixture.ts';

/** One for a case, told what to say of its subject. */
async function inMemory<Subject, Says>(
  { provider, name, saysOfStrangers: unknown }: FactCase<Subject, Says>,
  nameOf: (subject: Subject) => string,
) {
  const log = callLogMemory();
  const source = factMemory({ provider, nameOf, unknown, log });
  const enter = (says: Says) => source.enter(name, says);
  return { source, log, enter, behave: source.behave };
}

factConformance('in memory', registerCase, () => inMemory(registerCase, (number) => number));
factConformance('in memory, with a subject of several parts', guarantorCase, () =>
  inMemory(guarantorCase, ({ institution }) => institution),
);
