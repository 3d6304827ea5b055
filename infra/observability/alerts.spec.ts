// Alert rules by Debian's promtool, and each with a runbook that says what to do.
import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { lines, topicName, topicOf, topicsReadBy } from '@saidao/schemas';
import type { EventName, LineName } from '@saidao/schemas';
import { metricCatalogue } from '@saidao/worker';
import { prometheusPrograms } from '@saidao/testkit';
import { expect, test } from 'vitest';

const here = import.meta.dirname;
const environment = { ...process.env };
const root = join(here, '..', '..');
const ruleFiles = globSync(join(here, 'prometheus/rules/*.yml')).sort();
const testFiles = globSync(join(here, 'prometheus/tests/*.yml')).sort();
const rules = ruleFiles.map((file) => readFileSync(file, 'utf8')).join('\n');
const workerSources = globSync(join(root, 'services/**/*worker.ts')).map((file) =>
  readFileSync(file, 'utf8'),
);
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

/** What SaidaoNoEvents counts of each line: an input by topic, and an event that it leads to. */
const leadsTo: Readonly<Record<LineName, Readonly<Record<string, EventName>>>> = {
  intake: { ApplicationSubmitted: 'ApplicationReceived' },
  verify: { ApplicationReceived: 'PatentsVerified' },
  pledge: { PatentsVerified: 'PledgeLocked' },
  scoring: { PatentsVerified: 'EnterpriseScored', CollateralChanged: 'EnterpriseScored' },
  shadow: { EnterpriseScored: 'ShadowScored' },
  // The first two together, one by the other; see the rule.
  decisioning: {
    ApplicationReceived: 'LoanReferred',
    EnterpriseScored: 'LoanReferred',
    ReviewClaimed: 'ReviewRecorded',
  },
  book: {
    PledgeConfirmed: 'LoanBooked',
    PayoutConfirmed: 'LoanDisbursed',
    RepaymentReceived: 'RepaymentBooked',
    DrawdownRequested: 'LoanActionRecorded',
  },
  payout: { PayoutInstructed: 'PayoutConfirmed', PayoutCalledBack: 'PayoutConfirmed' },
  days: {},
  gateway: {},
};

test('a line that publishes nothing is missed only by inputs that each lead to an event', () => {
  const [, rule] = /- alert: SaidaoNoEvents\n(.*?)\n {6}- alert:/s.exec(rules)!;
  const counted = [...rule!.matchAll(/saidao_records_total\{([^}]*)\}/g)].map(([, selector]) =>
    [...selector!.matchAll(/(\w+)(=~|!=|=)"([^"]*)"/g)].map(([, label, operator, value]) => {
      const pattern = new RegExp(`^(?:${value})$`);
      return (of: Readonly<Record<string, string>>) =>
        pattern.test(of[label!]!) === (operator !== '!=');
    }),
  );
  const isCounted = (line: string, topic: string) =>
    counted.some((selector) => selector.every((fits) => fits({ line, topic, outcome: 'decided' })));
  for (const line of lines) {
    const topicsCounted = topicsReadBy(line, ['boc-zj']).filter((topic) => isCounted(line, topic));
    const inputs = Object.keys(leadsTo[line]) as EventName[];
    expect(topicsCounted.toSorted(), line).toEqual(
      inputs.map((input) => topicName(topicOf(input))).toSorted(),
    );
    for (const event of Object.values(leadsTo[line])) expect(topicOf(event).writer).toBe(line);
    const [source] = workerSources.filter((text) => text.includes(`name: '${line}'`));
    const [, when = ''] = /\bwhen: (\[.*?\])/s.exec(source!) ?? [];
    for (const input of inputs) expect(when, line).toContain(`'${input}'`);
  }
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
