// Where the time of CPU profiles went: self time by function, within a window, of one or of several.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROJECT_ROOT } from './place.ts';

/** A profile as V8 writes it; times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Window {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Microseconds of each function, by a name that also says where it stands. */
export type SelfTimes = ReadonlyMap<string, number>;

export interface TopLine {
  readonly name: string;
  readonly ms: number;
  /** Of the time that was not idle. */
  readonly share: number;
}

const IDLE = '(idle)';

export function readProfile(file: string): CpuProfile {
  return JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
}

/** A sample's time is that until the next one. */
export function selfTimes(profile: CpuProfile, window: Window): SelfTimes {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  let atUs = profile.startTime;
  profile.samples.forEach((id, index) => {
    atUs += profile.timeDeltas[index] ?? 0;
    if (atUs < window.fromUs || atUs >= window.toUs) return;
    const name = names.get(id) ?? `(node ${id})`;
    times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas[index + 1] ?? 0));
  });
  return times;
}

export function merged(all: readonly SelfTimes[]): SelfTimes {
  const sum = new Map<string, number>();
  for (const times of all) {
    for (const [name, us] of times) sum.set(name, (sum.get(name) ?? 0) + us);
  }
  return sum;
}

export function busyMs(times: SelfTimes): number {
  let us = 0;
  for (const [name, own] of times) if (name !== IDLE) us += own;
  return us / 1000;
}

export function topOf(times: SelfTimes, count: number): TopLine[] {
  const busy = busyMs(times);
  return [...times]
    .filter(([name]) => name !== IDLE)
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, us]) => ({ name, ms: us / 1000, share: busy === 0 ? 0 : us / 1000 / busy }));
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']) {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const place = url.startsWith('file:') ? relative(PROJECT_ROOT, fileURLToPath(url)) : url;
  return `${name} ${place.replace(/^node_modules\//, '')}:${lineNumber + 1}`;
}
