// Whether an application may have had events on a topic that the topic no longer holds.

const UUID_V7 = /^([0-9a-f]{8})-([0-9a-f]{4})-7/;
/** Whoever made the id, the brokers and this member may be at odds about the time. */
const CLOCKS_MS = 2 * 3_600_000;

/**
 * For a partition that has lost its beginning. Retention takes nothing that is younger than itself,
 * and no event is older than its application: of a younger one the first event is still there.
 */
export function mayHaveLostEvents(
  applicationId: string,
  retentionMs: number | null,
  nowMs: number,
): boolean {
  const bornMs = bornMsOf(applicationId);
  // What is kept for good was taken by somebody's hand, whatever its age.
  if (bornMs === undefined || retentionMs === null) return true;
  return bornMs <= nowMs - retentionMs + CLOCKS_MS;
}

/** When the id was made; undefined where it is of another version, which does not say. */
function bornMsOf(applicationId: string): number | undefined {
  const [, high, low] = UUID_V7.exec(applicationId) ?? [];
  return high === undefined || low === undefined ? undefined : parseInt(high + low, 16);
}
