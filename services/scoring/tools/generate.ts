// Makes the page of each model under docs/models/, but of those that are retired and no cards.
import { format } from 'prettier';
import { readModels, sha256, type ReadyModel } from '../adapters/model-files.ts';
import type { Model } from '../register.ts';
import { challengerCard } from './challenger-card.ts';
import { modelCard } from './model-card.ts';

interface GeneratedFile {
  /** Relative to the root of the repository. */
  path: string;
  text: string;
}

export async function generatedFiles(): Promise<GeneratedFile[]> {
  const { all, ready } = readModels();
  const files: GeneratedFile[] = [];
  for (const model of ready) files.push(await pageOf(model, cardOf(model)));
  for (const model of all) {
    if (model.kind === 'card' || model.status === 'retired') continue;
    files.push(await pageOf(model, challengerCard({ ...model, kind: model.kind })));
  }
  return files;
}

// Its own case is scored by this card, whichever is the champion of that day.
const cardOf = (model: ReadyModel): string =>
  modelCard(model, { digest: sha256, champion: () => model });

async function pageOf({ id, version }: Model, text: string): Promise<GeneratedFile> {
  return {
    path: `docs/models/${id}-${version}.md`,
    text: await format(text, { parser: 'markdown', printWidth: 100 }),
  };
}
