// Alert rules by Debian's promtool, and each with a runbook that says what to do.
import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { lines, topics } from '@saidao/schemas';
import { metricCatalogue } from '@saidao/worker';
import { prometheusPrograms } from '@saidao/testkit';
import { expect, test } from 'vitest';

const here = import.meta.dirname;
const environment = { ...process.env };
const root = join(here, '..', '..');
const ruleFiles = globSync(join(here, 'prometheus/rules/*.yml')).sort();
const testFiles = globSync(join(here, 'prometheus/tests/*.yml')).sort();
const rules = ruleFiles.map((file) => readFileSync(file, 'utf8')).join('\n');
const alerts = [...rules.matchAll(/^\s+- alert: (\w+)$/gm)].map(([, name]) => name!).sort();

async function promtool(...args: string[]): Promise<string> {
  const { promtool: program } = await prometheusPrograms({ environment });
  const { stdout, stderr } = await promisify(execFile)(program, args);
  return stdout + stderr;
}

test('each alert has a runbook, and each runbook an alert', () => {
  const runbooks = globSync(join(root, 'docs/runbooks/*.md')).map((file) => basename(file, '.md'));
  expect(runbooks.sort()).toEqual(alerts);
  const named = [...rules.matchAll(/runbook_url: docs\/runbooks\/(\w+)\.md$/gm)];
  expect(named.map(([, name]) => name!).sort()).toEqual(alerts);
});

test('a runbook says what it means, what to look at, what to do, whom to wake', () => {
  for (const alert of alerts) {
    const text = readFileSync(join(root, 'docs/runbooks', `${alert}.md`), 'utf8');
    const headings = text.split('\n').filter((line) => line.startsWith('#'));
    expect(headings, alert).toEqual([
      `# ${alert}`,
      ...['## What it means', '## Look at first', '## What to do', '## Whom to wake'],
    ]);
  }
});

test('each alert has its severity, and is told in a sentence and at length', () => {
  const each = (pattern: RegExp) => [...rules.matchAll(pattern)].length;
  expect(each(/labels: \{ severity: (?:critical|warning) \}/g)).toBe(alerts.length);
  expect(each(/^ +summary: \S/gm)).toBe(alerts.length);
  expect(each(/^ +description: \S/gm)).toBe(alerts.length);
});

test('rules, their tests and runbooks name only metrics that there are', () => {
  const texts = [
    ...[...ruleFiles, ...testFiles].map((file) => readFileSync(file, 'utf8')),
    ...alerts.map((alert) => readFileSync(join(root, 'docs/runbooks', `${alert}.md`), 'utf8')),
    readFileSync(join(root, 'docs/watching.md'), 'utf8'),
  ];
  const named = new Set(texts.flatMap((text) => text.match(/\bsaidao_[a-z_]+/g) ?? []));
  const known = new Set(Object.keys(metricCatalogue));
  const strange = [...named].filter(
    (name) => !known.has(name.replace(/_(?:count|sum|bucket)$/, '')),
  );
  expect(strange).toEqual([]);
});

test('a line decides without an event only where it writes no topic', () => {
  const writers = new Set<string>(Object.values(topics).map(({ writer }) => writer));
  const silent = lines.filter((line) => !writers.has(line));
  const [, excepted] = /outcome="decided", line!~"([\w|]+)"/.exec(rules)!;
  expect(excepted!.split('|')).toEqual(silent);
});

test('what to give a Prometheus on Kubernetes is a configuration, and names every alert', async () => {
  const page = readFileSync(join(root, 'docs/run-on-kubernetes.md'), 'utf8');
  const named = [...page.matchAll(/\[(\w+)\]\(runbooks\/\1\.md\)/g)].map(([, name]) => name!);
  expect(named.toSorted()).toEqual(alerts);
  const [, snippet] = /^```yaml\n(scrape_configs:.*?)^```$/ms.exec(page)!;
  const home = mkdtempSync(join(tmpdir(), 'saidao-scrape-'));
  try {
    const file = join(home, 'prometheus.yml');
    // Debian's programs are built without discovery by Kubernetes: of that the form alone is held.
    const discovery = /^ +kubernetes_sd_configs: \[\{ role: pod, .* \}\]$/m;
    expect(snippet).toMatch(discovery);
    writeFileSync(
      file,
      snippet!.replace(discovery, '    static_configs: [{ targets: [pod:8080] }]'),
    );
    expect(await promtool('check', 'config', file)).toContain('SUCCESS');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test('promtool reads all rules, and each fires and is silent as its tests say', async () => {
  expect(await promtool('check', 'rules', ...ruleFiles)).not.toContain('FAILED');
  const said = await promtool('test', 'rules', ...testFiles);
  expect(said.match(/SUCCESS/g)).toHaveLength(testFiles.length);
  const tested = testFiles.map((file) => readFileSync(file, 'utf8')).join('\n');
  expect(alerts.filter((alert) => !tested.includes(alert))).toEqual([]);
});
