// All rules over what was seen: what is wrong, and what is missing and may still come.
import type { LogSeen } from './log-seen.ts';
import type { CheckOptions, PutOff, Standing, Surroundings } from './readings.ts';
import type { Counts, Finding, UnderWay } from './report.ts';
import { causes } from './rules/causes.ts';
import type { Found, Story } from './story.ts';

export interface Judged {
  readonly findings: Finding[];
  readonly underWay: UnderWay[];
  readonly waiting: string[];
  readonly counts: Omit<Counts, 'events' | 'repeats' | 'doorRepeats'>;
}

/** A rule about one application. */
export type StoryRule = (story: Story, seen: LogSeen) => Iterable<Found>;

const storyRules: readonly StoryRule[] = [causes];

/** A timer that is due by then would still change something. */
const SOON_MS = 3_600_000;

export function judge(seen: LogSeen, surroundings: Surroundings, { live }: CheckOptions): Judged {
  const found: Found[] = [];
  for (const story of seen.stories.values()) {
    for (const rule of storyRules) found.push(...rule(story, seen));
  }
  const findings: Finding[] = [];
  const underWay: UnderWay[] = [];
  const reasons = live === undefined ? undefined : reasonsOf(seen, surroundings, live);
  for (const { mayCome, ...finding } of found) {
    const { applicationId, says } = finding;
    const because = mayCome && applicationId !== null ? reasons?.(applicationId) : undefined;
    if (because === undefined) findings.push(finding);
    else underWay.push({ applicationId: applicationId ?? '', says, because });
  }
  return { findings, underWay, waiting: [], counts: emptyCounts };
}

const emptyCounts = {
  ...{ applications: 0, decided: 0, withdrawn: 0, superseded: 0 },
  ...{ authorisations: 0, payouts: 0, entries: 0 },
};

/** Why something of an application may still come; undefined: nothing is left to do. */
function reasonsOf(
  seen: LogSeen,
  { standings = [], putOff = [] }: Surroundings,
  { nowMs, graceMs }: NonNullable<CheckOptions['live']>,
): (applicationId: string) => string | undefined {
  const waits = new Map<string, string>();
  for (const one of putOff) if (isSoon(one, nowMs)) waits.set(one.applicationId, textOfPutOff(one));
  for (const { line, applicationId, blockedTopic, changedAtMs, heads } of standings) {
    if (blockedTopic !== null)
      waits.set(applicationId, `${line}: a dead letter of ${blockedTopic}`);
    const unread = unreadOf(seen, applicationId, heads);
    if (unread !== undefined) waits.set(applicationId, `${line}: ${unread} unread`);
    if (nowMs - changedAtMs < graceMs) waits.set(applicationId, `${line}: changed just now`);
  }
  return (applicationId) => {
    const ageMs = nowMs - (seen.newestMs.get(applicationId) ?? -Infinity);
    return waits.get(applicationId) ?? (ageMs < graceMs ? 'its newest record is young' : undefined);
  };
}

const isSoon = ({ dueAtMs }: PutOff, nowMs: number): boolean =>
  dueAtMs === null || dueAtMs < nowMs + SOON_MS;

const textOfPutOff = ({ line, kind, what }: PutOff): string => `${line}: ${kind} ${what}`;

function unreadOf(
  { stories }: LogSeen,
  applicationId: string,
  heads: Standing['heads'],
): string | undefined {
  const told = stories.get(applicationId)?.told;
  for (const [topic, head] of Object.entries(heads)) {
    if ((told?.get(topic)?.at(-1)?.number ?? 0) > head) return topic;
  }
  return undefined;
}
