// The check: records are taken one after the other, then every rule is asked about what was seen.
import { LogReader } from './log-seen.ts';
import type { Beginning, CheckOptions, LogRecord, Readings, Surroundings } from './readings.ts';
import type { Counts, Report } from './report.ts';
import { judge } from './judge.ts';
import { findingOf } from './story.ts';

/** A check under way; it keeps what rules ask about, not the records. */
export interface Checker {
  /** Before any record of the partition is taken. */
  begin(beginning: Beginning): void;
  /** Records of one partition in its order; topics and partitions in any. */
  take(record: LogRecord): void;
  /** Once all records are taken. */
  finish(surroundings: Surroundings): Report;
}

export function createChecker(options: CheckOptions): Checker {
  const reader = new LogReader(options);
  return {
    begin: (beginning) => reader.begin(beginning),
    take: (record) => reader.take(record),
    finish(surroundings) {
      const judged = judge(reader.seen, surroundings, options);
      const counts: Counts = {
        ...judged.counts,
        events: reader.events,
        repeats: reader.repeats,
        doorRepeats: reader.doorRepeats,
      };
      const wrong = reader.found.map(findingOf);
      return { ...judged, findings: [...wrong, ...judged.findings], counts };
    },
  };
}

/** Checks what was read, all at once: no I/O, no clock, the same report for the same readings. */
export function check(readings: Readings, options: CheckOptions): Report {
  const { records, beginnings = [], ...surroundings } = readings;
  const checker = createChecker(options);
  for (const beginning of beginnings) checker.begin(beginning);
  for (const record of records) checker.take(record);
  return checker.finish(surroundings);
}
