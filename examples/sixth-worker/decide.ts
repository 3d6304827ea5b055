// What screening makes of the lists that name an enterprise: a finding, or another try later.
import type { DecideInput, Incoming } from '@saidao/worker';

type Input = 'ApplicationReceived' | 'ApplicationAmended' | 'TimerDue';
export const initialState = { revision: 0, uscc: '' };

export const usccOf = (event: Incoming<Input>, state: typeof initialState) =>
  event.type === 'TimerDue' ? state.uscc : event.data.content.enterprise.uscc;

export function decide(input: DecideInput<Input, typeof initialState, string[] | null>) {
  const { event, state, gathered: lists, applicationId, nowMs } = input;
  // Silence says nothing of the enterprise: it is asked about again, and the others go on.
  if (lists === null) {
    const again = { name: 'ask-again', dueAtMs: nowMs + 2_000 };
    return { state: { ...state, uscc: usccOf(event, state) }, timers: [again] };
  }
  const result = lists.length === 0 ? ('CLEAR' as const) : ('ADVERSE' as const);
  const data = { applicationId, lenderId: event.lenderId, revision: state.revision, result, lists };
  return { events: [{ type: 'EnterpriseScreened' as const, data }] };
}
