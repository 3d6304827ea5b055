// Cases on the screen: a line for each stage and a line for how each case ended; or lines of JSON.
import type { CaseResult, CaseTask } from './case-player.ts';
import { refusalLines } from './case-player.ts';
import { plainJson } from '@saidao/values';
import type { Stage } from './stages.ts';

export interface CaseScreen {
  stage(task: CaseTask, stage: Stage): void;
  note(task: CaseTask, note: string): void;
  end(result: CaseResult): void;
}

interface Output {
  readonly json: boolean;
  print(line: string): void;
}

const STAGE_WIDTH = 17;

export function caseScreen(tasks: readonly CaseTask[], { json, print }: Output): CaseScreen {
  if (json) return jsonScreen(print);
  // One case alone needs no name on each line.
  const width = tasks.length > 1 ? Math.max(...tasks.map(({ id }) => id.length)) : 0;
  const named = (id: string) => (width === 0 ? '' : `${id.padEnd(width)}  `);
  return {
    stage(task, { name, sinceMs, stepMs, summary, details }) {
      const times = `${String(sinceMs).padStart(6)} ms ${`+${stepMs}`.padStart(6)}`;
      const head = `  ${named(task.id)}${times}  `;
      print(`${head}${name.padEnd(STAGE_WIDTH)} ${summary}`.trimEnd());
      const blank = ' '.repeat(head.length + STAGE_WIDTH + 1);
      for (const detail of details) print(`${blank}${detail}`);
    },
    note: (task, note) => print(`  ${named(task.id)}(${note})`),
    end(result) {
      for (const line of endLines(result, width)) print(line);
    },
  };
}

/** ✓ or ✗, what it came to, and each difference on a line of its own. */
export function endLines(result: CaseResult, width = 0): string[] {
  const { id, ok, outcome, expected, tookMs, differences, refusal, endedEarlier } = result;
  const came = outcome ?? 'no end in time';
  const wanted = expected === null || expected === outcome ? came : `${came}, not ${expected}`;
  const when = `${tookMs} ms after it was sent${endedEarlier ? ', in an earlier run' : ''}`;
  return [
    `${ok ? '✓' : '✗'} ${id.padEnd(width)}  ${wanted}, ${when}`,
    ...differences.map((difference) => `    ${difference}`),
    ...(refusal === undefined ? [] : refusalLines(refusal).map((line) => `    ${line}`)),
  ];
}

function jsonScreen(print: (line: string) => void): CaseScreen {
  return {
    stage: (task, stage) => print(plainJson({ event: 'stage', case: task.id, ...stage })),
    note: (task, note) => print(plainJson({ event: 'note', case: task.id, note })),
    end: ({ id, name, outcome, ...result }) =>
      print(
        plainJson({ event: 'outcome', case: id, ...name, outcome: outcome ?? null, ...result }),
      ),
  };
}
