// Fields of decisions that name natural persons, or may: what leaves the bank's systems has none.
import type { EventMap, EventName } from '@saidao/schemas';

/** `officer`: an employee by name. `free-text`: what somebody has written. */
export type PersonalClass = 'officer' | 'free-text';

/**
 * By event: the field, or a field's field. An event that is not named has none. The spec of `decide`
 * knows each text that is not named here: a new one has to be said to be personal or not.
 */
export const personalFields: Readonly<
  Partial<Record<EventName, Readonly<Record<string, PersonalClass>>>>
> = {
  LoanApproved: { approvers: 'officer', 'override.by': 'officer' },
  LoanDeclined: { decidedBy: 'officer', 'override.by': 'officer' },
  ApprovalUndone: { undoneBy: 'officer' },
  CancellationRequested: { requestedBy: 'officer' },
  ReviewRecorded: {
    officer: 'officer',
    claimedBy: 'officer',
    approvers: 'officer',
    reason: 'free-text',
    attachments: 'free-text',
  },
  ReviewRefused: { officer: 'officer' },
};

/** The event's data without its personal fields; nothing stands in their place. */
export function withoutPersonal<N extends EventName>(type: N, data: EventMap[N]): object {
  return Object.keys(personalFields[type] ?? {}).reduce<object>(
    (left, path) => without(left, path.split('.')),
    data,
  );
}

function without(data: object, [name = '', ...inner]: readonly string[]): object {
  const { [name]: field, ...others } = data as Record<string, unknown>;
  if (inner.length === 0) return others;
  if (typeof field !== 'object' || field === null) return data;
  return { ...others, [name]: without(field, inner) };
}
