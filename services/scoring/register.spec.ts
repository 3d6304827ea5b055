// The register of models: its faults, the champion of a date, two people to activate, differences.
import { describe, expect, it } from 'vitest';
import { models } from './cases.fixture.ts';
import { personOf, refOf } from '@saidao/register';
import { championOn, type Model, type ModelRegister, type RegisterEntry } from './register.ts';
import { approve, enterModel } from './register/activation.ts';
import { diffOfModels } from './register/differences.ts';
import { faultsOfModel, faultsOfRegister } from './register/faults.ts';

const { register } = models;
const second = register.models['soft-power@2']!;
const next: RegisterEntry = {
  ...second,
  file: 'soft-power.v3.json',
  status: 'validated',
  validFrom: null,
  approvals: [],
};

function withEntries(entries: Record<string, RegisterEntry>): ModelRegister {
  return { ...register, models: { ...register.models, ...entries } };
}

const entryOf = ({ models: entries }: ModelRegister, ref: string) => entries[ref]!;

describe('the register', () => {
  it('of this release has no fault', () => {
    expect(faultsOfRegister(register)).toEqual([]);
    for (const model of models.all) expect(faultsOfModel(model)).toEqual([]);
  });

  const one = [{ by: 'a', at: '2025-12-30' }];
  const two = (by: string, at: string) => ({ approvals: [...one, { by, at }] });
  it.each<[string, Partial<RegisterEntry>, RegExp]>([
    ['one approval', { approvals: one }, /active with 1 of 2 approvals/],
    ['the same person twice', { approvals: [...one, ...one] }, /approved it twice/],
    [
      'an approval by its owner',
      two(second.owner, '2025-12-31'),
      /credit-models owns it and cannot approve it/,
    ],
    ['one person in two spellings', two('A', '2025-12-31'), /"A" is no id of an approver/],
    ['one person with a space', two('a ', '2025-12-31'), /"a " is no id of an approver/],
    ['a letter that only looks like one', two('а', '2025-12-31'), /is no id of an approver/],
    ['approvals out of order', two('b', '2025-12-29'), /b approved it on 2025-12-29, before a did/],
    ['approvals on the day it begins', two('b', '2026-01-01'), /approved on 2026-01-01 only/],
    ['an approval on no day', two('b', 'soon'), /soon is no date of an approval/],
    ['no owner', { owner: '' }, /"" is no id of an owner/],
    ['a card in shadow', { role: 'challenger' }, /a card cannot be a challenger/],
    ['no source', { source: '' }, /source says nothing/],
    ['a digest that is none', { digest: 'abc' }, /no SHA-256/],
    ['a path for a file', { file: '../../secret' }, /no name of a file/],
    ['a champion over the network', { kind: 'http' }, /only a card can be the champion/],
    ['a status that is none', { status: 'used' as never }, /used is no status/],
    ['an end though active', { validTo: '2026-12-31' }, /active and valid to 2026-12-31/],
    ['no beginning though active', { validFrom: null }, /active and valid from null/],
    [
      'half a time',
      { status: 'retired', validFrom: null, validTo: '2026-02-01' },
      /valid from null/,
    ],
    [
      'an end long before its beginning',
      { status: 'retired', validTo: '2025-12-30' },
      /it ends on 2025-12-30, before it begins/,
    ],
    [
      'nobody active',
      { status: 'retired', validTo: '2026-02-01' },
      /nobody is champion after 2026-02-01/,
    ],
    ['no champion ever', { status: 'draft', validFrom: null }, /nobody is or was champion/],
  ])('with %s is refused', (_what, change, fault) => {
    const changed = withEntries({ 'soft-power@2': { ...second, ...change } });
    expect(faultsOfRegister(changed).join('; ')).toMatch(fault);
  });

  const ended = { ...second, status: 'retired', validTo: '2026-05-31' } as const;
  it.each<[string, Record<string, RegisterEntry>, string[]]>([
    [
      'two active champions',
      { 'soft-power@3': { ...second, validFrom: '2026-06-01' } },
      ['soft-power@2 and soft-power@3 are both champion on 2026-06-01'],
    ],
    [
      'a champion before the other has ended',
      { 'soft-power@2': ended, 'soft-power@3': { ...second, validFrom: '2026-05-31' } },
      ['soft-power@2 and soft-power@3 are both champion on 2026-05-31'],
    ],
    [
      'days without a champion',
      { 'soft-power@2': ended, 'soft-power@3': { ...second, validFrom: '2026-06-03' } },
      ['nobody is champion from 2026-06-01 to the day before 2026-06-03'],
    ],
    [
      'one that never had its day',
      {
        'soft-power@2': ended,
        'soft-power@3': { ...ended, validFrom: '2026-06-01' },
        'soft-power@4': { ...second, validFrom: '2026-06-01' },
      },
      [],
    ],
  ])('with %s is told so', (_what, entries, faults) => {
    expect(faultsOfRegister(withEntries(entries))).toEqual(faults);
  });

  it('has no remote model that nobody describes', () => {
    const remote = models.all.find(({ ref }) => ref === 'remote@1')!;
    expect(faultsOfModel({ ...remote, data: null }).join('; ')).toMatch(/no description of it/);
    const claimed = { ...(remote.data as object), official: true };
    expect(faultsOfModel({ ...remote, data: claimed })).toEqual([
      'remote@1: official has to be false',
    ]);
  });

  it('has one spelling for one person', () => {
    for (const text of ['wang.li', ' Wang.Li ', 'ＷＡＮＧ．ＬＩ']) {
      expect(personOf(text)).toBe('wang.li');
    }
  });

  it('names models by id and version', () => {
    expect(refOf('soft-power@12')).toEqual({ id: 'soft-power', version: 12 });
    for (const ref of ['soft-power', 'soft-power@0', 'Soft@1', '@1']) {
      expect(refOf(ref)).toBeUndefined();
    }
  });
});

describe('the champion', () => {
  const model = models.all.find(({ ref }) => ref === 'soft-power@2')!;
  const later = { ...model, ref: 'soft-power@3', validFrom: '2026-12-01' };
  const all = [later, { ...model, status: 'retired' as const, validTo: '2026-11-30' }];

  it.each([
    ['2026-11-30', 'soft-power@2'],
    ['2026-12-01', 'soft-power@3'],
    ['2030-01-01', 'soft-power@3'],
    // Before the first there is none better.
    ['2020-01-01', 'soft-power@2'],
  ])('on %s is %s', (date, ref) => {
    expect(championOn(all, date).ref).toBe(ref);
  });

  it('is none that has ended, though another began on the same day', () => {
    const never = {
      ...later,
      ref: 'soft-power@4',
      status: 'retired',
      validTo: '2026-11-30',
    } as const;
    for (const order of [
      [...all, never],
      [never, ...all],
    ]) {
      expect(championOn<Model>(order, '2026-12-01').ref).toBe('soft-power@3');
      expect(championOn<Model>(order, '2026-11-30').ref).toBe('soft-power@2');
    }
  });

  it('of a day that nobody has is told, not guessed', () => {
    const gap = { ...model, status: 'retired', validTo: '2026-11-29' } as const;
    expect(() => championOn<Model>([later, gap], '2026-11-30')).toThrow(
      'No card is champion on 2026-11-30.',
    );
    expect(() => championOn<Model>([gap], '2026-12-24')).toThrow(/No card is champion/);
  });

  it('is never a challenger, nor one that is not active yet', () => {
    const others = [
      { ...later, role: 'challenger' as const },
      { ...later, status: 'validated' as const, validFrom: null },
    ];
    expect(championOn([...others, model], '2026-12-24').ref).toBe('soft-power@2');
  });
});

describe('entering a model', () => {
  const { file, digest, kind, owner, source, role } = next;
  const entry = { file, digest, kind, owner, source, role, status: 'draft' as const };

  it('begins as a draft that nobody has approved, and can be done anew until somebody has', () => {
    const once = enterModel(register, 'soft-power@3', entry);
    if ('fault' in once) throw new Error(once.fault);
    expect(faultsOfRegister(once)).toEqual([]);
    const twice = enterModel(once, 'soft-power@3', { ...entry, status: 'validated' });
    if ('fault' in twice) throw new Error(twice.fault);
    const approved = approve(twice, 'soft-power@3', { by: 'wang', at: '2026-11-30' });
    if ('fault' in approved) throw new Error(approved.fault);
    expect(enterModel(approved.register, 'soft-power@3', entry)).toHaveProperty('fault');
  });

  it('is refused for one that is in use', () => {
    expect(enterModel(register, 'soft-power@2', entry)).toEqual({
      fault: 'soft-power@2 has been approved as it was: give it the next version.',
    });
  });

  it('spells its owner one way, and is refused where the entry cannot be', () => {
    const entered = enterModel(register, 'soft-power@3', { ...entry, owner: ' Credit-Models ' });
    if ('fault' in entered) throw new Error(entered.fault);
    expect(entryOf(entered, 'soft-power@3').owner).toBe('credit-models');
    const faultOf = (ref: string, change: object) =>
      enterModel(register, ref, { ...entry, ...change });
    expect(faultOf('soft power', {})).toMatchObject({
      fault: expect.stringMatching(/is no model/),
    });
    expect(faultOf('soft-power@3', { owner: 'a b', role: 'challenger' })).toMatchObject({
      fault: expect.stringMatching(/a card cannot be a challenger.*"a b" is no id of an owner/),
    });
  });
});

describe('activation', () => {
  const waiting = withEntries({ 'soft-power@3': next });

  /** By one person after another, each on a day; the last may say from when. */
  function activated(start: ModelRegister, ref: string, ...by: Parameters<typeof approve>[2][]) {
    let done: ReturnType<typeof approve> | undefined;
    let now = start;
    for (const one of by) {
      done = approve(now, ref, one);
      if ('fault' in done) throw new Error(done.fault);
      now = done.register;
      expect(faultsOfRegister(now)).toEqual([]);
    }
    if (done === undefined || 'fault' in done) throw new Error('Nobody approved.');
    return done;
  }
  const wang = { by: 'wang', at: '2026-11-30' };
  const shen = { by: 'shen', at: '2026-12-01' };

  it('takes two different people, and retires the champion before', () => {
    const once = activated(waiting, 'soft-power@3', wang);
    expect(once).toMatchObject({ outcome: 'approved', from: null });
    expect(entryOf(once.register, 'soft-power@3')).toMatchObject({ status: 'validated' });

    const twice = activated(once.register, 'soft-power@3', shen);
    expect(twice).toMatchObject({
      outcome: 'activated',
      retired: 'soft-power@2',
      from: '2026-12-02',
    });
    // From the next day on: this one is being scored.
    expect(entryOf(twice.register, 'soft-power@3')).toMatchObject({
      status: 'active',
      validFrom: '2026-12-02',
      approvals: [wang, shen],
    });
    expect(entryOf(twice.register, 'soft-power@2')).toMatchObject({
      status: 'retired',
      validTo: '2026-12-01',
    });
  });

  it('can be from a later day', () => {
    const ahead = activated(waiting, 'soft-power@3', wang, { ...shen, from: '2027-01-01' });
    expect(ahead.from).toBe('2027-01-01');
    expect(entryOf(ahead.register, 'soft-power@2').validTo).toBe('2026-12-31');
  });

  it('of two from the same day leaves the later one champion, and the other no day', () => {
    const both = withEntries({ 'soft-power@3': next, 'soft-power@4': next });
    const fourth = activated(both, 'soft-power@4', wang, shen);
    const third = activated(fourth.register, 'soft-power@3', wang, shen);
    expect(entryOf(third.register, 'soft-power@4')).toMatchObject({
      status: 'retired',
      validFrom: '2026-12-02',
      validTo: '2026-12-01',
    });
    const [model] = models.ready;
    const all = Object.entries(third.register.models).map(([ref, entry]) => ({
      ...model!,
      ...entry,
      ref,
    }));
    const championOf = (date: string) => championOn(all, date).ref;
    expect([championOf('2026-12-01'), championOf('2026-12-02')]).toEqual([
      'soft-power@2',
      'soft-power@3',
    ]);
  });

  it('of a challenger leaves the champion where it is', () => {
    const challenger = withEntries({ 'net@1': { ...next, role: 'challenger', kind: 'onnx' } });
    const done = activated(challenger, 'net@1', wang, shen);
    expect(done).toMatchObject({ outcome: 'activated', retired: null });
    expect(entryOf(done.register, 'soft-power@2')).toEqual(second);
  });

  const approved = { ...next, approvals: [wang] };
  it.each<[string, RegisterEntry, Parameters<typeof approve>[2], RegExp]>([
    ['by the same person', approved, { ...shen, by: 'wang' }, /another person has to/],
    [
      'by the same person, spelled otherwise',
      approved,
      { ...shen, by: ' WANG ' },
      /another person/,
    ],
    ['by its owner', next, { ...wang, by: 'credit-models' }, /owns it and cannot approve it/],
    [
      'by its owner, spelled otherwise',
      next,
      { ...wang, by: 'Credit-Models' },
      /cannot approve it/,
    ],
    ['by nobody', next, { ...wang, by: ' ' }, /Say who approves/],
    ['by what is no id', next, { ...wang, by: 'wang, shen' }, /no id of an approver/],
    ['on no date', next, { ...wang, at: 'tomorrow' }, /write YYYY-MM-DD/],
    ['before the first approval', approved, { ...shen, at: '2026-11-29' }, /wang approved it on/],
    ['of a draft', { ...next, status: 'draft' }, wang, /is a draft/],
    ['of one that is active', second, wang, /active already/],
    ['from a day already, by the first', next, { ...wang, from: '2027-01-01' }, /Another person/],
    ['from no date', approved, { ...shen, from: 'soon' }, /soon is no date/],
    ['from that very day', approved, { ...shen, from: '2026-12-01' }, /say a day after 2026-12-01/],
    [
      'from a day that was',
      approved,
      { ...shen, from: '2026-11-01' },
      /is being scored or has been/,
    ],
  ])('%s is refused', (_what, entry, approving, fault) => {
    const outcome = approve(withEntries({ 'soft-power@3': entry }), 'soft-power@3', approving);
    expect('fault' in outcome && outcome.fault).toMatch(fault);
  });

  it('before the champion begins is refused', () => {
    const ahead = activated(waiting, 'soft-power@3', wang, { ...shen, from: '2027-01-01' });
    const fourth = { ...ahead.register.models, 'soft-power@4': approved };
    const outcome = approve({ ...register, models: fourth }, 'soft-power@4', shen);
    expect(outcome).toMatchObject({
      fault: 'soft-power@3 is valid from 2027-01-01, which is later.',
    });
  });

  it('of what is not there, or retired, is refused', () => {
    const of = (ref: string) => approve(waiting, ref, wang);
    expect(of('soft-power@9')).toMatchObject({ fault: 'There is no model soft-power@9.' });
    expect(of('toString')).toMatchObject({ fault: 'There is no model toString.' });
    expect(of('soft-power@1')).toHaveProperty('fault');
  });
});

describe('differences', () => {
  const model = models.all.find(({ ref }) => ref === 'soft-power@2')!;

  it('are none of a model with itself', () => {
    expect(diffOfModels(model, structuredClone(model))).toEqual([]);
  });

  it('are named by path, and one factor more moves none of the others', () => {
    const data = structuredClone(model.data) as { factors: { code: string; weights: object }[] };
    const factor = data.factors.find(({ code }) => code === 'EXPORT_SHARE')!;
    Object.assign(factor.weights, { growth: 4 });
    data.factors.unshift({ code: 'NEW', weights: { growth: 1 } });
    expect(diffOfModels(model, { ...model, version: 3, data })).toEqual([
      { path: 'entry.version', before: '2', after: '3' },
      { path: 'factors.EXPORT_SHARE.weights.growth', before: '3', after: '4' },
      { path: 'factors.NEW.code', before: null, after: '"NEW"' },
      { path: 'factors.NEW.weights.growth', before: null, after: '1' },
    ]);
  });

  it('reach from the first form to this one', () => {
    const [first] = models.all;
    const paths = diffOfModels(first!, model).map(({ path }) => path);
    expect(paths).toContain('factors.EXPORT_SHARE.pointsMax');
    expect(paths).toContain('factors.MARKET_GROWTH.weights.growth');
  });
});
