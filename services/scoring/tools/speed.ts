// How many scores a second one core makes; `--json` prints them as JSON.
import { encode, topics, type PatentsVerified } from '@saidao/schemas';
import { readModels, sha256 } from '../adapters/model-files.ts';
import { nothingChecked } from '../card/inputs.ts';
import { cases, patentsVerified } from '../cases.fixture.ts';
import { createDecide, initialState, scored } from '../decide.ts';

const WARM_MS = 1_000;
const MEASURED_MS = 3_000;

const scorer = { digest: sha256, champion: readModels().champion };
const decide = createDecide(scorer);
const all = cases.map((one) => patentsVerified(one));

const figures = {
  scoresPerSecond: perSecond((verified) => scored(scorer, verified, nothingChecked)),
  decidedAndEncodedPerSecond: perSecond((verified) => {
    const decision = decide({
      event: { type: 'PatentsVerified', data: verified } as never,
      state: { ...initialState, revision: 1 },
      gathered: undefined,
      held: {},
      applicationId: verified.applicationId,
      lane: 0,
      nowMs: 0,
    });
    const [event] = decision.events ?? [];
    if (event !== undefined) encode(event.type, event.data, topics.scores.name);
  }),
};
const asJson = process.argv.includes('--json');
console.log(
  asJson
    ? JSON.stringify(figures)
    : Object.entries(figures)
        .map(([name, count]) => `${name} ${count}`)
        .join('\n'),
);

function perSecond(work: (verified: PatentsVerified) => unknown): number {
  run(WARM_MS, work);
  return run(MEASURED_MS, work);
}

function run(forMs: number, work: (verified: PatentsVerified) => unknown): number {
  const startedMs = performance.now();
  let count = 0;
  while (performance.now() - startedMs < forMs) {
    for (const verified of all) work(verified);
    count += all.length;
  }
  return Math.floor((count * 1_000) / (performance.now() - startedMs));
}
