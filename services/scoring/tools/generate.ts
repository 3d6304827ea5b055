// Makes the page of each scorecard under docs/models/.
import { format } from 'prettier';
import { readModels, sha256, type ReadyModel } from '../adapters/model-files.ts';
import { modelCard } from './model-card.ts';

interface GeneratedFile {
  /** Relative to the root of the repository. */
  path: string;
  text: string;
}

export async function generatedFiles(): Promise<GeneratedFile[]> {
  const files: GeneratedFile[] = [];
  for (const model of readModels().ready) files.push(await pageOf(model));
  return files;
}

async function pageOf(model: ReadyModel): Promise<GeneratedFile> {
  // Its own case is scored by this card, whichever is the champion of that day.
  const text = modelCard(model, { digest: sha256, champion: () => model });
  return {
    path: `docs/models/${model.id}-${model.version}.md`,
    text: await format(text, { parser: 'markdown', printWidth: 100 }),
  };
}
