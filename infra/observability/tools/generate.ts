// What is generated here: Grafana's boards, as it provisions them from files; rules, as the chart has them.
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { boardJson } from '../boards/board.ts';
import { boards } from '../boards/boards.ts';

const RULES = join(import.meta.dirname, '..', 'prometheus', 'rules');

export function generatedFiles(): { path: string; text: string }[] {
  return [
    ...boards.map((board) => ({
      path: `infra/observability/grafana/${board.uid.replace('saidao-', '')}.json`,
      text: boardJson(board),
    })),
    // A chart reads no file outside its own folder.
    ...globSync(join(RULES, '*.yml')).map((file) => ({
      path: `infra/helm/saidao/files/rules/${basename(file)}`,
      text: readFileSync(file, 'utf8'),
    })),
  ];
}
