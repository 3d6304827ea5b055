// What Linux tells of a process: CPU time used so far, of it or of its whole tree, and memory.
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts in ticks of 10 ms on every Linux that Node runs on. */
const TICK_MS = 10;

interface Stat {
  readonly parent: number;
  /** User and system time of the process, all its threads included. */
  readonly ownTicks: number;
  /** The same of children that have ended and were waited for. */
  readonly endedTicks: number;
}

export interface Memory {
  /** The most that was ever resident. */
  readonly peakBytes: number;
  readonly residentBytes: number;
}

export function statOf(text: string): Stat {
  // The command's name may hold blanks and brackets, so count from its end.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (field: number) => Number(fields[field - 3]);
  return { parent: at(4), ownTicks: at(14) + at(15), endedTicks: at(16) + at(17) };
}

/** CPU time of one process in milliseconds. */
export function cpuMsOf(pid: number): number {
  return statOf(readFileSync(`/proc/${pid}/stat`, 'utf8')).ownTicks * TICK_MS;
}

/** CPU time of a process and all that it started, also of those that have ended since. */
export function cpuTreeMsOf(pid: number): number {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      stats.set(Number(name), statOf(readFileSync(`/proc/${name}/stat`, 'utf8')));
    } catch {
      // It ended while we looked; its parent has its time by now.
    }
  }
  return treeTicks(stats, pid) * TICK_MS;
}

export function treeTicks(stats: ReadonlyMap<number, Stat>, root: number): number {
  let ticks = 0;
  const tree = new Set([root]);
  // A set that is walked also gives what is added on the way.
  for (const pid of tree) {
    const stat = stats.get(pid);
    if (stat === undefined) continue;
    ticks += stat.ownTicks + stat.endedTicks;
    for (const [child, { parent }] of stats) if (parent === pid) tree.add(child);
  }
  return ticks;
}

/** CPU time of the whole machine that was not idle, in milliseconds, added up over its cores. */
export function machineBusyMs(text = readFileSync('/proc/stat', 'utf8')): number {
  const [, ...fields] = (/^cpu .*$/m.exec(text)?.[0] ?? '').split(/ +/);
  // user nice system idle iowait irq softirq steal; what guests use is within user.
  const ticks = fields.slice(0, 8).map(Number);
  const [idle = 0, iowait = 0] = ticks.slice(3, 5);
  return (ticks.reduce((sum, one) => sum + one, 0) - idle - iowait) * TICK_MS;
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytesOf = (name: string) => {
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    if (kib === undefined) throw new Error(`/proc/${pid}/status does not say ${name}.`);
    return Number(kib) * 1024;
  };
  return { peakBytes: bytesOf('VmHWM'), residentBytes: bytesOf('VmRSS') };
}
