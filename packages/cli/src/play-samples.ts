// Plays all samples at once through the running system and says which ended as they should.
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSamples } from '@saidao/applicants';
import type { Sample, Via } from '@saidao/applicants';
import { deliveriesOf, playCases } from './case-player.ts';
import type { CaseTask } from './case-player.ts';
import { outsideWorldAt } from './outside-world.ts';
import type { PlayContext } from './play-context.ts';
import { doorsOf, openLog } from './reach.ts';
import { caseScreen } from './show-case.ts';

const CASE_MS_MAX = 60_000;

/** True if every sample reached its expected outcome and all else that it expects holds. */
export async function playSamples(context: PlayContext): Promise<{ ok: boolean }> {
  const { addresses, lenders, signal } = context;
  const samples = await loadSamples();
  const times = timesPlayed(context.home);
  const tasks = samples.map((sample) => taskOf(sample, times % 2 === 0 ? 'http' : 'kafka'));
  const screen = caseScreen(tasks, context);
  const reach = {
    login: {},
    brokers: addresses.brokers,
    lenders,
    partitions: context.partitions,
    intake: addresses.services.intake,
    decisioning: addresses.services.decisioning,
    disbursementLedger: addresses.services['disbursement-ledger'],
    outsideWorld: addresses.outsideWorld,
    workers: Object.values(addresses.services),
    tokens: context.tokens,
  };
  const log = openLog(reach);
  const began = performance.now();
  try {
    if (!context.json) {
      context.print('');
      context.print(
        `Playing ${samples.length} samples; times are milliseconds since each was sent,`,
      );
      context.print('then since the event that led to the stage.');
      context.print('');
    }
    const results = await playCases(tasks, {
      log,
      lenders,
      doors: doorsOf(reach, log, signal),
      world: outsideWorldAt(addresses.outsideWorld, signal),
      withHistory: true,
      runTag: randomBytes(4).toString('hex'),
      timeoutMs: CASE_MS_MAX,
      signal,
      onStage: screen.stage,
      onNote: screen.note,
    });
    notePlayed(context.home, times + 1);
    if (!context.json) context.print('');
    for (const result of results) screen.end(result);
    const right = results.filter(({ ok }) => ok).length;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    context.remark(`${right} of ${results.length} samples ended as expected, in ${seconds} s.`);
    return { ok: right === results.length };
  } finally {
    await log.close();
  }
}

/** Fixed, so that a second start on the same data finds the case instead of applying twice. */
export function referenceOf({ id }: Pick<Sample, 'id'>): string {
  return `sample-${id}`;
}

function taskOf(sample: Sample, viaOfBoth: Via): CaseTask {
  const { id, lender, channel, script } = sample;
  const reference = referenceOf(sample);
  const via = sample.via === 'both' ? viaOfBoth : sample.via;
  return {
    id,
    name: { lender, channel, reference },
    sample,
    deliveries: deliveriesOf(sample, reference, via),
    script,
  };
}

function playedFile(home: string): string {
  return join(home, 'samples-played.json');
}

function timesPlayed(home: string): number {
  try {
    const { times } = JSON.parse(readFileSync(playedFile(home), 'utf8')) as { times: unknown };
    return Number.isInteger(times) ? Number(times) : 0;
  } catch {
    return 0;
  }
}

function notePlayed(home: string, times: number): void {
  writeFileSync(playedFile(home), `${JSON.stringify({ times })}\n`);
}
