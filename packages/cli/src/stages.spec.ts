// Stages: names, times and words of a case's way, as a person and a program read them.
import { blankBundle, blankPatentFinding } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import { caseEvent, historyOf, KEY, submission } from './case-events.fixture.ts';
import { CaseHistory } from './case-history.ts';
import type { CaseResult, CaseTask } from './case-player.ts';
import { caseScreen } from './show-case.ts';
import { stagesOf } from './stages.ts';

const task: CaseTask = {
  id: 'one',
  name: { lender: 'exim-zj', channel: 'bank-portal', reference: 'r-1' },
  sample: null,
  deliveries: [],
  script: [],
};

describe('stages', () => {
  it('count from the submission, and from the event that caused them', () => {
    const history = new CaseHistory(KEY);
    const submitted = caseEvent('ApplicationSubmitted', {}, { atMs: 1_000 });
    const received = caseEvent('ApplicationReceived', {}, { atMs: 1_020, cause: submitted.id });
    const verified = caseEvent('PatentsVerified', {}, { atMs: 1_100, cause: received.id });
    const locked = caseEvent('PledgeLocked', {}, { atMs: 1_130, cause: verified.id });
    const scored = caseEvent('EnterpriseScored', {}, { atMs: 1_150, cause: verified.id });
    history.add([submitted, received, verified, locked, scored], 0);
    expect(stagesOf(history).map(({ name, sinceMs, stepMs }) => [name, sinceMs, stepMs])).toEqual([
      ['submitted', 0, 0],
      ['received', 20, 20],
      ['verified', 100, 80],
      ['pledge locked', 130, 30],
      ['scored', 150, 50],
    ]);
  });

  it('say the amount, the rate, who decided, what bound it, and each reason in both languages', () => {
    const [referred, approved] = stagesOf(
      historyOf(
        'LoanReferred',
        caseEvent('LoanApproved', { approvers: ['officer-a', 'officer-b'] }),
      ),
    );
    expect(referred).toMatchObject({
      name: 'referred',
      summary: 'officers decide, proposed 1,000.00 yuan, bound by asked',
      details: ['M01 Needs officers / 需人工审批: above 1.00'],
    });
    expect(approved?.summary).toBe(
      '1,000.00 yuan at 3.45% over 12 months, by officer-a and officer-b, bound by asked',
    );
  });

  it('put grounds of one patent with one reason on one line', () => {
    const ground = {
      result: 'UNKNOWN' as const,
      reason: 'no answer',
      evidence: [],
      declarations: [],
    };
    const bundle = {
      ...blankBundle,
      findings: [
        {
          ...blankPatentFinding,
          number: '201610345678.2',
          grounds: [
            { ...ground, code: 'PL01', result: 'CLEAR' as const, reason: '' },
            { ...ground, code: 'PL02' },
            { ...ground, code: 'PL09' },
          ],
        },
      ],
    };
    const [verified] = stagesOf(historyOf(caseEvent('PatentsVerified', { bundle })));
    expect(verified?.summary).toBe('0 of 1 patent usable');
    expect(verified?.details).toEqual(['201610345678.2 PL02 PL09 unknown: no answer']);
  });

  it('leave out what no person waits for', () => {
    const names = stagesOf(historyOf('EnterpriseChecked', 'PatentsVerified'));
    expect(names.map(({ type }) => type)).toEqual(['PatentsVerified']);
  });
});

describe('the screen', () => {
  const result: CaseResult = {
    id: 'one',
    name: task.name,
    applicationId: 'id',
    outcome: 'referred',
    expected: 'paid',
    ok: false,
    differences: ['amount: 1 expected, 2 found'],
    refusal: undefined,
    tookMs: 150,
    endedEarlier: false,
  };
  const shown = (json: boolean, tasks: readonly CaseTask[] = [task]) => {
    const lines: string[] = [];
    const screen = caseScreen(tasks, { json, print: (line) => lines.push(line) });
    const history = historyOf('ApplicationSubmitted', 'LoanReferred');
    for (const stage of stagesOf(history)) screen.stage(task, stage);
    screen.end(result);
    return lines;
  };

  it('has a line for each stage and one for the end, with every difference', () => {
    expect(shown(false)).toEqual([
      '       0 ms     +0  submitted         IP_PLEDGE, 1,000.00 yuan over 12 months',
      '     100 ms   +100  referred          officers decide, proposed 1,000.00 yuan, bound by asked',
      '                                      M01 Needs officers / 需人工审批: above 1.00',
      '✗ one  referred, not paid, 150 ms after it was sent',
      '    amount: 1 expected, 2 found',
    ]);
  });

  it('names the case on each line where there are several', () => {
    const [first] = shown(false, [task, { ...task, id: 'another' }]);
    expect(first).toMatch(/^ {2}one {7}0 ms|^ {2}one {5} +0 ms/);
  });

  it('prints one JSON object for each, and no personal data', () => {
    const lines = shown(true);
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
      'stage',
      'stage',
      'outcome',
    ]);
    const [submitted, referred] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(referred).toMatchObject({ case: 'one', name: 'referred', sinceMs: 100, stepMs: 100 });
    expect(JSON.stringify(submitted)).not.toContain(submission.contact?.phone);
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({ outcome: 'referred', ok: false });
  });
});
