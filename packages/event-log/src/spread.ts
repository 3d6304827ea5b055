// Which member owns which lanes: the one rule that the memory adapter and the Kafka assigner share.

/**
 * Gives lanes 0 … count-1 out in turn, in the order of the members' ids, so that every member
 * computes the same and the numbers of lanes differ by at most one.
 */
export function spreadLanes(
  memberIds: readonly string[],
  laneCount: number,
): ReadonlyMap<string, readonly number[]> {
  const sorted = [...memberIds].sort();
  const spread = new Map<string, number[]>(sorted.map((id) => [id, []]));
  for (let lane = 0; lane < laneCount && sorted.length > 0; lane += 1) {
    spread.get(sorted[lane % sorted.length]!)!.push(lane);
  }
  return spread;
}
