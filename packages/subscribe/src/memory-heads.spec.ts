// Heads in memory, by the suite of all stores.
import { describe } from 'vitest';
import { headsConformance } from './heads.conformance.ts';
import { memoryHeads } from './memory-heads.ts';

describe('heads in memory', () => {
  headsConformance(() => Promise.resolve(memoryHeads()));
});
