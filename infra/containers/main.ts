// The first process of a container: becomes the one that the command names, with what Node is given elsewhere.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { workerEnvironment, workerNodeOptions } from '../local/src/worker-process.ts';

const root = join(import.meta.dirname, '..', '..');
const [name = '', ...args] = process.argv.slice(2);

const main = [`services/${name}`, `packages/${name}/src`, `infra/containers/${name}`]
  .map((folder) => join(root, folder, 'main.ts'))
  .find((path) => /^[a-z][a-z-]*$/.test(name) && existsSync(path));

if (main === undefined || process.execve === undefined) {
  process.stderr.write(
    `No process is called "${name}": name a service, such as scoring, outside-world or topology.\n`,
  );
  process.exit(2);
}
process.chdir(dirname(main));
// In place of this process, not below it: signals reach it, and its exit code is the container's.
process.execve(process.execPath, [process.execPath, ...workerNodeOptions, main, ...args], {
  ...workerEnvironment,
  ...process.env,
});
