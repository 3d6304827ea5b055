// The sources that have fault points: what the workers' processes run, and no desk, tool or test.
import { globSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { instrument } from './instrument.ts';

const root = join(import.meta.dirname, '../../../..');

const PACKAGES = /^packages\/(?:event-log|worker|register)\/src\/([\w-]+)\.ts$/;
const SERVICES = /^services\/(.+)\.ts$/;
const NOT_RUN = [
  /\/(?:desk|tools|faults|testing|verify|hand-over|onnx-process|node_modules)\//,
  /(?:spec|conformance|fixture|harness)\.ts$/,
  // Loans do without it, and so do the systems that are given faults.
  /^services\/gateway\//,
  /\/(?:testing|memory[\w-]*|idle-worker|broker-admin|group-watch|kafka-scan|kafka-follow)\.ts$/,
];

/** The name of a source in names of points, as `turn` or `intake/door`; undefined: it has none. */
export function pointFileOf(path: string): string | undefined {
  const below = relative(root, path).split(sep).join('/');
  if (NOT_RUN.some((form) => form.test(below))) return undefined;
  return PACKAGES.exec(below)?.[1] ?? SERVICES.exec(below)?.[1];
}

/** All points there are, in the order of their files and of what stands in them. */
export function allFaultPoints(): string[] {
  const patterns = ['packages/*/src/*.ts', 'services/**/*.ts'];
  const paths = globSync(patterns, { cwd: root, exclude: ['**/node_modules/**'] }).toSorted();
  return paths.flatMap((below) => {
    const path = join(root, below);
    const file = pointFileOf(path);
    return file === undefined ? [] : instrument(readFileSync(path, 'utf8'), path, file).points;
  });
}
