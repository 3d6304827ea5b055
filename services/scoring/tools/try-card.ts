// Scores the sample cases by the champion and by another card, side by side: FILE under models/.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatYuan, toJson } from '@saidao/values';
import { readModels, readTables, sha256 } from '../adapters/model-files.ts';
import { scoringFolder } from '../adapters/register-file.ts';
import { faultsOfCard, type Card } from '../card/card.ts';
import { readyCard } from '../card/score.ts';
import { asOf, cases, patentsVerified } from '../cases.fixture.ts';
import { scored, type Scorer } from '../decide.ts';

const [file = ''] = process.argv.slice(2);
const card = JSON.parse(readFileSync(join(scoringFolder, 'models', file), 'utf8')) as Card;
const faults = faultsOfCard(card);
if (faults.length > 0) {
  console.error(`${file} cannot be used: ${faults.join('; ')}.`);
  process.exit(1);
}
const champion = readModels().champion(asOf);
const { derivedDigest } = champion.ready;
const digests = { digest: sha256(toJson(card)), derivedDigest };
const other = { ready: readyCard(card, digests, readTables().tables) };

console.log(`case: ${champion.ref} → ${card.id}@${card.version}`);
for (const sample of cases) {
  const [before, after] = [champion, other].map((model) => {
    const scorer: Scorer = { digest: sha256, champion: () => model };
    const { points, maxPoints, grade } = scored(scorer, patentsVerified(sample));
    return `${formatYuan(BigInt(points))} of ${formatYuan(BigInt(maxPoints))} ${grade}`;
  });
  console.log(`${sample.id}: ${before} → ${after}${before === after ? '' : '  !'}`);
}
