#!/usr/bin/env node
// `npm run test:containers`: the real-engine tests on engines in containers, and the composed system.
import { join } from 'node:path';
import { ADVICE, buildStandIns, containersMissing } from './containers.mjs';
import { ROOT, main, prepare, runNode } from './prepare.mjs';

await main(async () => {
  await buildStandIns();
  const missing = await containersMissing();
  if (missing !== null) {
    process.stderr.write(`Containers cannot be tested, ${missing}; ${ADVICE}.\n`);
    return 1;
  }
  const { node } = await prepare();
  const args = [join(ROOT, 'bin', 'test.mjs'), 'int', 'containers', ...process.argv.slice(2)];
  return runNode(node, args, {
    environment: { ...process.env, SAIDAO_TEST_ENGINES: 'containers' },
  });
});
