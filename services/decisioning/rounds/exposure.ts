// Rows that applications share: what a lender takes on in a group, and who holds a patent.
import { sumFen } from '@saidao/values';
import type { Incoming } from '@saidao/worker';
import type { DecisioningState } from '../state.ts';
import type { InputName } from '../transitions.ts';

/** What one lender has proposed, promised or lent to one group, by application. */
export interface GroupRow {
  readonly entries: Readonly<Record<string, bigint>>;
}

/** Applications for which the pledge line keeps a patent; two only while lanes catch up. */
export interface PatentRow {
  readonly holders: readonly string[];
}

/** The group's row, by the credit code of its head; each lender has its own limit. */
export function groupName(lenderId: string, headUscc: string): string {
  return `group/${lenderId}/${headUscc}`;
}

export function patentName(number: string): string {
  return `patent/${number}`;
}

/** Where an application stands: the head of its group, and the row of it. */
export interface Place {
  readonly groupHead: string | null;
  readonly group: string | null;
}

/** Where it stands after this event: until a head is known an enterprise is a group of its own. */
export function placeAfter(event: Incoming<InputName>, state: DecisioningState): Place {
  let { groupHead } = state;
  let uscc = state.about?.uscc;
  switch (event.type) {
    case 'ApplicationReceived':
    case 'ApplicationAmended': {
      const before = uscc;
      uscc = event.data.content.enterprise.uscc;
      // Another enterprise; its head is known only by a score of this very revision.
      if (before !== undefined && before !== uscc) {
        groupHead = state.score?.derived?.groupHead ?? null;
      }
      break;
    }
    case 'EnterpriseScored':
      groupHead = event.data.derived?.groupHead ?? groupHead;
      break;
    default:
      return { groupHead, group: state.group };
  }
  const head = groupHead ?? uscc;
  const lenderId = state.lenderId === '' ? event.data.lenderId : state.lenderId;
  const group = head === undefined ? null : groupName(lenderId, head);
  return { groupHead, group };
}

export function groupOf(content: unknown): GroupRow {
  return (content as GroupRow | null | undefined) ?? { entries: {} };
}

/** What stands for the other applications of the group. */
export function othersFen(row: GroupRow, applicationId: string): bigint {
  const others = Object.entries(row.entries).filter(([id]) => id !== applicationId);
  return sumFen(others.map(([, fen]) => fen));
}

/** The row with this application's amount; null takes it out. */
export function withAmount(row: GroupRow, applicationId: string, fen: bigint | null): GroupRow {
  const { [applicationId]: _, ...others } = row.entries;
  return { entries: fen === null ? others : { ...others, [applicationId]: fen } };
}

export function patentOf(content: unknown): PatentRow {
  return (content as PatentRow | null | undefined) ?? { holders: [] };
}

export function withHolder(row: PatentRow, applicationId: string, holds: boolean): PatentRow {
  const others = row.holders.filter((id) => id !== applicationId);
  return { holders: holds ? [...others, applicationId] : others };
}
