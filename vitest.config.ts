// Test projects by price: unit in memory, int on real engines, e2e on the whole line, then containers.
import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const exclude = [...configDefaults.exclude, '**/.saidao/**'];
/** Of files at once: left to itself vitest keeps a core free, which of two is every other one. */
const maxWorkers = '100%';
/** Of files that wait for engines half of their time. */
const waitingWorkers = Math.ceil(availableParallelism() * 1.5);
/**
 * Of whole systems with engines of their own: two use each other's pauses, more would take the
 * memory of a small machine.
 */
const systemWorkers = 2;

/** Those that take minutes: begun last, they would be waited for while a core has nothing to do. */
const LONGEST = [
  'e2e/torture/points.e2e.spec.ts',
  'e2e/providers-away.e2e.spec.ts',
  'e2e/real-faults.e2e.spec.ts',
  'infra/containers/system.containers.spec.ts',
  'tools/switched-off.int.spec.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.findIndex((file) => moduleId.endsWith(file));
      return place < 0 ? LONGEST.length : place;
    };
    return (await super.sort(files)).toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          maxWorkers,
          sequence: { groupOrder: 0 },
          include: ['**/*.spec.ts'],
          exclude: [...exclude, '**/*.{int,e2e,containers}.spec.ts'],
          // Some start a process of their own, which a busy machine makes wait.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'int',
          maxWorkers: waitingWorkers,
          sequence: { groupOrder: 1 },
          include: ['**/*.int.spec.ts'],
          exclude,
          globalSetup: ['packages/testkit/src/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          maxWorkers: systemWorkers,
          sequence: { groupOrder: 2 },
          include: ['**/*.e2e.spec.ts'],
          exclude,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'containers',
          maxWorkers: systemWorkers,
          sequence: { groupOrder: 2 },
          include: ['**/*.containers.spec.ts'],
          exclude,
          testTimeout: 300_000,
          // Once the image has to be built, with all its packages.
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
