// `npm run simulate`: many seeds on every core, or one seed told step by step.
import { parseArgs } from 'node:util';
import { simulateMany } from './many.ts';
import { guards, simulate, type Guard } from './simulate.ts';
import { modes, type Mode } from './weather.ts';

const USAGE = `npm run simulate -- [--seeds N] [--from S] [--mode MODE] [--without GUARD]
npm run simulate -- --seed S --mode MODE [--without GUARD]   one seed, with all that happens

MODE is ${modes.join(', ')}; left out: safety and liveness by turns.
GUARD is switched off, to see what comes of it: ${guards.join(', ')}.`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    mode: { type: 'string' },
    without: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const numbers = [values.seeds, values.from, values.seed ?? '0'].map(Number);
  const isKnown =
    numbers.every((number) => Number.isSafeInteger(number) && number >= 0) &&
    (values.mode === undefined || modes.includes(values.mode as Mode)) &&
    (values.without === undefined || guards.includes(values.without as Guard));
  if (values.help || !isKnown) {
    process.stdout.write(`${USAGE}\n`);
    return isKnown ? 0 : 2;
  }
  const without = values.without as Guard | undefined;
  const mode = values.mode as Mode | undefined;
  return values.seed === undefined ? many(mode, without) : one(mode ?? 'safety', without);
}

async function one(mode: Mode, without: Guard | undefined): Promise<number> {
  const run = await simulate({
    ...{ seed: Number(values.seed), mode, without },
    onNote: (atMs, note) => process.stdout.write(`${(atMs / 1_000).toFixed(3)} s  ${note}\n`),
  });
  process.stdout.write(`${JSON.stringify(run, null, 2)}\n`);
  return run.findings.length === 0 ? 0 : 1;
}

async function many(mode: Mode | undefined, without: Guard | undefined): Promise<number> {
  const startedMs = performance.now();
  const seeds = Number(values.seeds);
  let runs = 0;
  const tally = await simulateMany({
    ...{ from: Number(values.from), seeds, without },
    modes: mode === undefined ? ['safety', 'liveness'] : [mode],
    onRun(run) {
      runs += 1;
      const again = `npm run simulate -- --seed ${run.seed} --mode ${run.mode}`;
      for (const { rule, says } of run.findings.slice(0, 3)) {
        process.stdout.write(`${rule}: ${says.slice(0, 300)}\n  ${again}\n`);
      }
      if (runs % 1_000 === 0) process.stdout.write(`${runs} of ${seeds} seeds\n`);
    },
  });
  const perSecond = (tally.runs / (performance.now() - startedMs)) * 1_000;
  process.stdout.write(
    `${tally.runs} seeds, ${tally.found.length} with findings, ${perSecond.toFixed(1)}/s; ` +
      `${JSON.stringify(tally.counts)}\n`,
  );
  return tally.found.length === 0 ? 0 : 1;
}
