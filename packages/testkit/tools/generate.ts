// What is generated here: the list of all fault points, so that a change of it is seen in review.
import { allFaultPoints } from '../src/faults/index.ts';

export function generatedFiles(): { path: string; text: string }[] {
  const text = allFaultPoints()
    .map((name) => `${name}\n`)
    .join('');
  return [{ path: 'packages/testkit/src/faults/points.txt', text }];
}
