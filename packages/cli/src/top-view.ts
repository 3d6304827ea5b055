// What `saidao top` shows: a table for eyes, cut to their terminal, and a text line for programs.
import type { LineReading } from './line-readings.ts';
import { rightAligned, table } from './table.ts';

export interface TopView {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly brokers: readonly string[];
  readonly intervalSeconds: number;
  readonly readings: readonly LineReading[];
  /** Not of one line: a worker that does not answer, an open breaker, a log out of reach. */
  readonly notes: readonly string[];
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

interface Column {
  readonly heading: string;
  readonly cellOf: (reading: LineReading) => string;
}

const UNKNOWN = '–';
const orUnknown = (value: number | null): string => (value === null ? UNKNOWN : String(value));

/** The last before the faults are the first to go where the terminal is narrow. */
const COLUMNS: readonly Column[] = [
  { heading: 'line', cellOf: ({ line }) => line },
  { heading: 'workers', cellOf: ({ workers }) => String(workers) },
  { heading: 'rate/s', cellOf: ({ ratePerSecond }) => ratePerSecond?.toFixed(1) ?? UNKNOWN },
  { heading: 'lag', cellOf: ({ lagRecords }) => orUnknown(lagRecords) },
  { heading: 'oldest', cellOf: ({ oldestSeconds }) => ageOf(oldestSeconds) },
  { heading: 'errors', cellOf: ({ errors }) => orUnknown(errors) },
  { heading: 'dead letters', cellOf: ({ deadLetters }) => String(deadLetters) },
  { heading: 'parked', cellOf: ({ parked }) => orUnknown(parked) },
];
const COLUMNS_MIN = 5;
const FAULT: Column = { heading: '', cellOf: ({ faults }) => faults.join(', ') };

const style = { alarm: '\x1b[1;31m', quiet: '\x1b[2m', heading: '\x1b[1m', end: '\x1b[0m' };

/** At most `rows` lines of at most `columns` characters; coloured lines hold nothing but them. */
export function frameOf(view: TopView, size: TerminalSize, colours: boolean): string[] {
  const { readings, notes } = view;
  const paint = (text: string, how: keyof typeof style | null): string => {
    const cut = cutTo(text, size.columns);
    return colours && how !== null && cut !== '' ? `${style[how]}${cut}${style.end}` : cut;
  };
  const [heading = '', ...rows] = tableOf(readings, size.columns);
  const body = [
    paint(titleOf(view), null),
    '',
    paint(heading, 'heading'),
    ...rows.map((text, at) => paint(text, styleOf(readings[at]!))),
    ...(notes.length > 0 ? ['', ...notes.map((note) => paint(note, 'alarm'))] : []),
  ];
  if (body.length <= size.rows) return body;
  const left = body.length - size.rows + 1;
  const more = paint(`… ${left} more: make the window higher`, null);
  return [...body.slice(0, Math.max(0, size.rows - 1)), more];
}

/** One line for each reading and note, for programs and logs. */
export function textLinesOf({ atMs, readings, notes }: TopView): string[] {
  const at = new Date(atMs).toISOString();
  return [
    ...readings.map((reading) => {
      const { line, workers, ratePerSecond, lagRecords, oldestSeconds } = reading;
      const { errors, deadLetters, parked, faults } = reading;
      const fields = {
        ...{ workers, rate: ratePerSecond?.toFixed(1), lag: lagRecords },
        ...{ oldest: oldestSeconds?.toFixed(1), errors, 'dead-letters': deadLetters, parked },
      };
      const told = Object.entries(fields).map(([name, value]) => `${name}=${value ?? UNKNOWN}`);
      return [at, line, ...told, ...faults.map((fault) => `fault="${fault}"`)].join(' ');
    }),
    ...notes.map((note) => `${at} note ${note}`),
  ];
}

function titleOf({ atMs, brokers, intervalSeconds }: TopView): string {
  const time = new Date(atMs).toISOString().slice(11, 19);
  return `saidao top  ${time} UTC  every ${intervalSeconds} s  ${brokers.join(', ')}`;
}

function tableOf(readings: readonly LineReading[], width: number): string[] {
  for (let shown = COLUMNS.length; ; shown -= 1) {
    const columns = [...COLUMNS.slice(0, shown)];
    const cells = [
      columns.map(({ heading }) => heading),
      ...readings.map((reading) => columns.map(({ cellOf }) => cellOf(reading))),
    ];
    const lines = table(rightAligned(cells, 1), '');
    const isWide = Math.max(...lines.map((text) => text.length)) > width;
    if (isWide && shown > COLUMNS_MIN) continue;
    // Beside the numbers as far as there is room.
    return lines.map((text, at) => {
      const fault = at === 0 ? FAULT.heading : FAULT.cellOf(readings[at - 1]!);
      return `${text}  ${fault}`.trimEnd();
    });
  }
}

function styleOf({ faults, lagRecords, ratePerSecond }: LineReading): keyof typeof style | null {
  if (faults.length > 0) return 'alarm';
  return (lagRecords ?? 0) === 0 && (ratePerSecond ?? 0) === 0 ? 'quiet' : null;
}

/** Short, with its unit: `1.2 s`, `35 s`, `12 min`, `3 h`, `2 d`. */
export function ageOf(seconds: number | null): string {
  if (seconds === null) return UNKNOWN;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

function cutTo(text: string, columns: number): string {
  if (text.length <= columns) return text;
  return columns < 1 ? '' : `${text.slice(0, columns - 1)}…`;
}
