// Shows steps while they run: a list that changes on a terminal, one line for each elsewhere.
import { Listr, ListrLogger, ProcessOutput } from 'listr2';
import type { ListrTask } from 'listr2';
import type { OnStep, Step } from '@saidao/local';

const COLUMNS_MIN = 40;

export interface StepList {
  readonly onStep: OnStep;
  /** Resolves once everything shown is on the screen. */
  end(): Promise<void>;
}

export interface Phase {
  readonly title: string;
  /** The names of its steps, which may run side by side. */
  readonly steps: readonly string[];
}

/** Live where a person watches; elsewhere a line when a step begins and one when it ends. */
export function showSteps(phases: readonly Phase[], output: NodeJS.WriteStream): StepList {
  // A terminal may not say how wide it is (0); lists would be drawn one letter wide.
  const live = output.isTTY && output.columns >= COLUMNS_MIN;
  return live ? liveList(phases, output) : lineList(output);
}

function lineList(output: NodeJS.WritableStream): StepList {
  return {
    onStep: (step) => {
      if (step.state === 'running' && step.detail !== undefined) return;
      const mark = { running: '...', done: 'ok ', reused: 'use', failed: 'BAD' }[step.state];
      output.write(`${[mark, step.name, ...remarks(step)].join('  ')}\n`);
    },
    end: async () => {},
  };
}

function remarks(step: Step): string[] {
  if (step.state === 'running') return [];
  return [`${step.ms} ms`, ...fetched(step), ...(step.detail ? [step.detail] : [])];
}

function fetched({ bytes }: Step): string[] {
  return bytes === undefined ? [] : [`${(bytes / 1e6).toFixed(1)} MB`];
}

interface Awaited {
  readonly begun: Promise<void>;
  readonly done: Promise<string>;
  begin(): void;
  tell(detail: string): void;
  end(title: string): void;
  fail(error: Error): void;
}

/** The steps are known beforehand: each is a task that waits for what is told of it. */
function liveList(phases: readonly Phase[], output: NodeJS.WriteStream): StepList {
  const awaited = new Map<string, Awaited>();
  const outputs = new Map<string, (text: string) => void>();
  for (const name of phases.flatMap(({ steps }) => steps)) {
    const begun = Promise.withResolvers<void>();
    const done = Promise.withResolvers<string>();
    done.promise.catch(() => {});
    awaited.set(name, {
      begun: begun.promise,
      done: done.promise,
      begin: begun.resolve,
      tell: (detail) => outputs.get(name)?.(detail),
      end: done.resolve,
      fail: done.reject,
    });
  }
  const leaf = (name: string): ListrTask => ({
    title: name,
    task: async (_, task) => {
      outputs.set(name, (text) => (task.output = text));
      task.title = await awaited.get(name)!.done;
    },
  });
  const list = new Listr(
    phases.map(({ title, steps }) => ({
      title,
      task: async (_, task) => {
        await Promise.race(steps.map((name) => awaited.get(name)!.begun));
        return task.newListr(steps.map(leaf), { concurrent: true, exitOnError: false });
      },
    })),
    {
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: {
        collapseSubtasks: false,
        showErrorMessage: false,
        logger: new ListrLogger({ processOutput: new ProcessOutput(output, output) }),
      },
    },
  );
  const running = list.run().catch(() => {});
  return {
    onStep: (step) => {
      const one = awaited.get(step.name);
      if (!one) return;
      one.begin();
      if (step.state === 'failed') return one.fail(new Error(step.detail));
      const text = [step.name, ...remarks(step)].join('  ');
      if (step.state !== 'running') return one.end(text);
      if (step.detail) one.tell([step.detail, ...fetched(step)].join('  '));
    },
    async end() {
      for (const [name, one] of awaited) {
        one.begin();
        one.end(`${name}  not begun`);
      }
      await running;
    },
  };
}
