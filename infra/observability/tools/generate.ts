// What is generated here: Grafana's boards, as it provisions them from files.
import { boardJson } from '../boards/board.ts';
import { boards } from '../boards/boards.ts';

export function generatedFiles(): { path: string; text: string }[] {
  return boards.map((board) => ({
    path: `infra/observability/grafana/${board.uid.replace('saidao-', '')}.json`,
    text: boardJson(board),
  }));
}
