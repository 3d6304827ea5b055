// Rows that applications share: what a lender has promised an enterprise, and who holds a patent.
import { sumFen } from '@saidao/values';

/** What one lender has promised or lent one enterprise, by application. */
export interface GroupRow {
  readonly entries: Readonly<Record<string, bigint>>;
}

/** Applications for which the pledge line keeps a patent; two only while lanes catch up. */
export interface PatentRow {
  readonly holders: readonly string[];
}

/** The enterprise's row; each lender has its own limit. */
export function groupName(lenderId: string, uscc: string): string {
  return `group/${lenderId}/${uscc}`;
}

export function patentName(number: string): string {
  return `patent/${number}`;
}

export function groupOf(content: unknown): GroupRow {
  return (content as GroupRow | null | undefined) ?? { entries: {} };
}

/** What stands for the other applications of the enterprise. */
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
