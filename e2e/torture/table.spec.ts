// The table: a row for each case, and what was found in full above it.
import { expect, test } from 'vitest';
import { tableOf, type Ran } from './table.ts';

const ran = (name: string, runs: number, findings: readonly string[]): Ran => ({
  of: { group: 'fault-points', name, run: async () => Promise.reject(new Error('not again')) },
  outcome: { runs, checked: 'all of it', findings, notes: ['263 points'] },
  seconds: 12.3,
});

test('each case is a row, with its runs and what was found', () => {
  const table = tableOf([
    ran('kill', 1052, []),
    ran('hang', 7, ['books: A owes B']),
    ran('disk', 0, []),
  ]);
  expect(table.split('\n')).toEqual([
    'note fault-points: kill: 263 points',
    'FOUND fault-points: hang: books: A owes B',
    'note fault-points: hang: 263 points',
    'note fault-points: disk: 263 points',
    '',
    'case                runs  seconds  checked    result',
    '-----------------------------------------------------',
    'fault-points: kill  1052       12  all of it  ok',
    'fault-points: hang     7       12  all of it  1 found',
    'fault-points: disk     0       12  all of it  NOT RUN',
    '',
  ]);
});
