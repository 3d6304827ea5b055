// Test projects by price: unit in memory, int on real engines, e2e on the whole line, then containers.
import { configDefaults, defineConfig } from 'vitest/config';

const exclude = [...configDefaults.exclude, '**/.saidao/**'];
/** Of files at once: left to itself vitest keeps a core free, which of two is every other one. */
const maxWorkers = '100%';

export default defineConfig({
  test: {
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
          maxWorkers,
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
          // Last, alone: whole systems with engines of their own.
          sequence: { groupOrder: 2 },
          include: ['**/*.e2e.spec.ts'],
          exclude,
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'containers',
          sequence: { groupOrder: 3 },
          include: ['**/*.containers.spec.ts'],
          exclude,
          fileParallelism: false,
          testTimeout: 300_000,
          // Once the image has to be built, with all its packages.
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
