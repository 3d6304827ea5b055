// Faults at named points: how one is written down, and what a process does that reaches it.

export const actions = ['kill', 'throw', 'hang', 'duplicate'] as const;
export type Action = (typeof actions)[number];

export interface Fault {
  readonly point: string;
  /** Before what is awaited is begun, or after it has succeeded. */
  readonly when: 'before' | 'after';
  readonly action: Action;
  /** The first time that the point is passed once this is armed, or the n-th. */
  readonly hit: number;
}

/** The environment variable that names the file with the faults of a process, a line each. */
export const FAULTS = 'SAIDAO_FAULTS';
/** That of the file to which it appends each fault as it occurs. */
export const OCCURRED = 'SAIDAO_FAULTS_OCCURRED';
/** That of the file to which it appends each point as it is first passed. */
export const PASSED = 'SAIDAO_FAULTS_PASSED';

export function textOfFault({ point, when, action, hit }: Fault): string {
  return `${point} ${when} ${action} ${hit}`;
}

/** Throws for what is no fault: a case that is never tried would prove nothing. */
export function faultOf(text: string): Fault {
  const [point = '', when, action, hit] = text.split(' ');
  const known = actions.find((one) => one === action);
  if ((when !== 'before' && when !== 'after') || known === undefined || !(Number(hit) >= 1)) {
    throw new Error(`No fault: "${text}"; write "<point> before|after <action> <hit>".`);
  }
  return { point, when, action: known, hit: Number(hit) };
}

/** Of a file of faults; its first line numbers it, so that the same ones can be armed again. */
export function fileOfFaults(number: number, faults: readonly Fault[]): string {
  return [`# ${number}`, ...faults.map(textOfFault), ''].join('\n');
}

export function faultsIn(file: string): Fault[] {
  const lines = file.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map(faultOf);
}

export interface Effects {
  /** Told before the fault occurs, since nothing can be told after some. */
  occurs(fault: Fault): void;
  passes(point: string): void;
  kill(): void;
}

export interface FaultPoints {
  /** These, and none that waited before; each point is told anew as it is passed. */
  arm(faults: readonly Fault[]): void;
  /** At a point where no fault is due nothing is otherwise, not even by one tick. */
  readonly point: <T>(name: string, run: () => T | Promise<T>) => T | Promise<T>;
}

/** Each fault occurs once. */
export function createFaultPoints(effects: Effects): FaultPoints {
  const waiting = new Map<string, { readonly fault: Fault; left: number }[]>();
  const passed = new Set<string>();
  return {
    arm(faults) {
      waiting.clear();
      passed.clear();
      for (const fault of faults) {
        const others = waiting.get(fault.point) ?? [];
        waiting.set(fault.point, [...others, { fault, left: fault.hit }]);
      }
    },
    point(name, run) {
      if (!passed.has(name)) {
        passed.add(name);
        effects.passes(name);
      }
      const here = waiting.get(name);
      if (here === undefined) return run();
      for (const one of here) one.left -= 1;
      const due = here.find(({ left }) => left <= 0);
      if (due === undefined) return run();
      here.splice(here.indexOf(due), 1);
      return occur(due.fault, run, effects);
    },
  };
}

async function occur<T>(fault: Fault, run: () => T | Promise<T>, effects: Effects): Promise<T> {
  if (fault.action === 'duplicate') {
    effects.occurs(fault);
    await run();
    return await run();
  }
  if (fault.when === 'after') await run();
  effects.occurs(fault);
  if (fault.action === 'throw') throw new Error(`A fault of the tests: ${textOfFault(fault)}.`);
  if (fault.action === 'kill') effects.kill();
  return new Promise(() => {});
}
