// Entries of a register: who may approve, who is in force, faults, differences, and one change at a time.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { activate, enter, type Activation } from './activate.ts';
import { changeFile } from './change-file.ts';
import { differencesOf } from './differences.ts';
import { personOf, refOf, type Entry } from './entry.ts';
import { faultsOfChampions, faultsOfEntry } from './faults.ts';
import { championOn, isInForceOn } from './in-force.ts';

const first: Entry = {
  digest: 'a'.repeat(64),
  owner: 'owner',
  source: 'this spec',
  status: 'active',
  role: 'champion',
  validFrom: '2026-01-01',
  validTo: null,
  approvals: [
    { by: 'wang', at: '2025-12-30' },
    { by: 'shen', at: '2025-12-31' },
  ],
};
const next: Entry = { ...first, status: 'validated', validFrom: null, approvals: [] };
const kind = {
  noun: 'rule',
  example: 'r@2',
  used: 'used',
  replaces: () => true,
  faultsOf: faultsOfEntry,
};

function approved(entries: Record<string, Entry>, ...people: string[]) {
  let done: Activation<Entry> = { entries, outcome: 'approved', retired: null, from: null };
  for (const by of people) {
    if ('fault' in done) throw new Error(done.fault);
    done = activate(done.entries, 'r@2', { by, at: '2026-06-30' }, kind);
  }
  return done;
}

describe('an activation', () => {
  it('takes two, neither the owner, and is from the next day on', () => {
    const done = approved({ 'r@1': first, 'r@2': next }, 'li', 'zhao');
    if ('fault' in done) throw new Error(done.fault);
    expect(done).toMatchObject({ outcome: 'activated', retired: 'r@1', from: '2026-07-01' });
    expect(done.entries['r@1']).toMatchObject({ status: 'retired', validTo: '2026-06-30' });
    const entries = Object.entries(done.entries).map(([ref, entry]) => ({ ref, ...entry }));
    expect(faultsOfChampions(entries)).toEqual([]);
    expect(entries.flatMap(faultsOfEntry)).toEqual([]);
    for (const [date, ref] of [
      ['2020-01-01', 'r@1'],
      ['2026-06-30', 'r@1'],
      ['2026-07-01', 'r@2'],
    ]) {
      expect(championOn(entries, date!)?.ref).toBe(ref);
    }
  });

  it.each([
    [['owner'], 'owner owns it and cannot approve it.'],
    [['li', ' LI '], 'li has approved it already: another person has to.'],
  ])('by %s is refused', (people, fault) => {
    expect(approved({ 'r@2': next }, ...people)).toEqual({ fault });
  });

  it('of what is not there is refused', () => {
    expect(approved({}, 'li')).toEqual({ fault: 'There is no rule r@2.' });
  });
});

describe('entering', () => {
  it('can be done anew until somebody has approved it', () => {
    const once = enter({ 'r@1': first }, 'r@2', { ...next, owner: ' OWNER ' }, kind);
    if ('fault' in once) throw new Error(once.fault);
    expect(once.entries['r@2']?.owner).toBe('owner');
    expect(enter(once.entries, 'r@2', next, kind)).toHaveProperty('entries');
    const approval = activate(once.entries, 'r@2', { by: 'li', at: '2026-06-30' }, kind);
    if ('fault' in approval) throw new Error(approval.fault);
    expect(enter(approval.entries, 'r@2', next, kind)).toEqual({
      fault: 'r@2 has been approved as it was: give it the next version.',
    });
  });

  it('is refused for what is no reference or has a fault', () => {
    expect(enter({}, 'r', next, kind)).toEqual({ fault: 'r is no rule: write as r@2.' });
    expect(enter({}, 'r@2', { ...next, source: '' }, kind)).toEqual({
      fault: 'r@2: source says nothing.',
    });
  });
});

describe('an entry', () => {
  it('is in force from its first day to its last', () => {
    const entry = { ...first, validTo: '2026-02-01' };
    const held = ['2025-12-31', '2026-01-01', '2026-02-01', '2026-02-02'].map((date) =>
      isInForceOn(entry, date),
    );
    expect(held).toEqual([false, true, true, false]);
    expect(isInForceOn(next, '2026-01-01')).toBe(false);
  });

  it('names a version and a person in one way', () => {
    expect(refOf('czb-hz@1')).toEqual({ id: 'czb-hz', version: 1 });
    for (const ref of ['czb-hz', 'czb-hz@0', 'czb-hz@01', 'CZB@1', '../x@1']) {
      expect(refOf(ref)).toBeUndefined();
    }
    expect(personOf(' Wang.Li ')).toBe('wang.li');
  });
});

describe('differences', () => {
  it('name rows by their ids, wherever they stand, and lists that are empty', () => {
    const before = {
      rows: [
        { _id: 'a', n: 1 },
        { _id: 'b', n: 2 },
      ],
      usccs: [],
    };
    const after = {
      rows: [
        { _id: 'b', n: 3 },
        { _id: 'a', n: 1 },
      ],
      usccs: ['x'],
    };
    expect(differencesOf(before, after)).toEqual([
      { path: 'rows.b.n', before: '2', after: '3' },
      { path: 'usccs', before: '[]', after: null },
      { path: 'usccs.0', before: null, after: '"x"' },
    ]);
  });

  it('go by place where two have the same name', () => {
    const rows = (n: number) => [
      { code: 'K01', n: 1 },
      { code: 'K01', n },
    ];
    expect(differencesOf(rows(1), rows(2))).toEqual([{ path: '1.n', before: '1', after: '2' }]);
  });
});

describe('a change of the file', () => {
  it('is whole or none, and one at a time', () => {
    const folder = mkdtempSync(join(tmpdir(), 'saidao-register-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'register.json');
    writeFileSync(path, '{"n":1}');
    const done = changeFile<{ n: number }, { register: { n: number } }>(path, ({ n }) => {
      expect(changeFile(path, () => ({ register: {} }))).toHaveProperty('fault');
      return { register: { n: n + 1 } };
    });
    expect(done).toEqual({ register: { n: 2 } });
    expect(changeFile(path, () => ({ fault: 'No.' }))).toEqual({ fault: 'No.' });
    expect(readFileSync(path, 'utf8')).toBe('{\n  "n": 2\n}\n');
  });
});
