// The CPU profiles of a run as lines for a person: where each worker's time went, and that of all.
import { basename, join } from 'node:path';
import { SERVICES, type Service } from './place.ts';
import {
  busyMs,
  merged,
  readProfile,
  selfTimes,
  topOf,
  type SelfTimes,
  type Window,
} from './profile-summary.ts';

const TOP = 25;

/** Nothing without a folder. */
export function profileLines(
  folder: string | null,
  window: Window,
  services: readonly Service[] = SERVICES,
): string[] {
  if (folder === null) return [];
  const all = services.map((service) => ({
    service,
    times: selfTimes(readProfile(join(folder, `${service}.cpuprofile`)), window),
  }));
  return [
    '',
    `Where the time went: ${basename(folder)}`,
    ...all.flatMap(({ service, times }) => topLines(service, times)),
    ...(all.length > 1 ? topLines('all workers', merged(all.map(({ times }) => times))) : []),
    `  The profiles, for a browser's tools: ${folder}`,
  ];
}

function topLines(name: string, times: SelfTimes): string[] {
  return [
    '',
    `  ${name}: not idle for ${busyMs(times).toFixed(0)} ms of the run; self time`,
    ...topOf(times, TOP).map(
      ({ name: where, ms, share }) =>
        `  ${(share * 100).toFixed(1).padStart(5)} % ${ms.toFixed(0).padStart(6)} ms  ${where}`,
    ),
  ];
}
