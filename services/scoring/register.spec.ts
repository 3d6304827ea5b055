// The register of models: its faults, the champion of a date, two people to activate, differences.
import { describe, expect, it } from 'vitest';
import { models } from './cases.fixture.ts';
import {
  activate,
  championOn,
  diffOfModels,
  enter,
  faultsOfModel,
  faultsOfRegister,
  refOf,
  type ModelRegister,
  type RegisterEntry,
} from './register.ts';

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
  it.each<[string, Partial<RegisterEntry>, RegExp]>([
    ['one approval', { approvals: one }, /active with 1 of 2 approvals/],
    ['the same person twice', { approvals: [...one, ...one] }, /approved it twice/],
    [
      'an approval by its owner',
      { approvals: [...one, { by: second.owner, at: '2026-01-01' }] },
      /credit-models owns it and cannot approve it/,
    ],
    ['no owner', { owner: '' }, /nobody owns it/],
    ['no source', { source: '' }, /source says nothing/],
    ['a digest that is none', { digest: 'abc' }, /no SHA-256/],
    ['a path for a file', { file: '../../secret' }, /no name of a file/],
    ['a champion over the network', { kind: 'http' }, /only a card can be the champion/],
    ['a status that is none', { status: 'used' as never }, /used is no status/],
    ['a gap before it', { validFrom: '2026-01-03' }, /nobody is champion from 2026-01-01/],
    ['a champion beside it', { validFrom: '2025-12-31' }, /are both champion on 2025-12-31/],
    ['an end though active', { validTo: '2026-12-31' }, /active and valid to 2026-12-31/],
    ['no beginning though active', { validFrom: null }, /active and valid from null/],
    ['nobody active', { status: 'retired', validTo: '2026-02-01' }, /no champion is active/],
  ])('with %s is refused', (_what, change, fault) => {
    const changed = withEntries({ 'soft-power@2': { ...second, ...change } });
    expect(faultsOfRegister(changed).join('; ')).toMatch(fault);
  });

  it('with two active champions is refused', () => {
    const both = withEntries({ 'soft-power@3': { ...second, validFrom: '2026-06-01' } });
    expect(faultsOfRegister(both).join('; ')).toMatch(/are both the active champion/);
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
    const once = enter(register, 'soft-power@3', entry);
    if ('fault' in once) throw new Error(once.fault);
    expect(faultsOfRegister(once)).toEqual([]);
    const twice = enter(once, 'soft-power@3', { ...entry, status: 'validated' });
    if ('fault' in twice) throw new Error(twice.fault);
    const approved = activate(twice, 'soft-power@3', 'wang', '2026-11-30');
    if ('fault' in approved) throw new Error(approved.fault);
    expect(enter(approved.register, 'soft-power@3', entry)).toHaveProperty('fault');
  });

  it('is refused for one that is or was in use', () => {
    for (const ref of ['soft-power@1', 'soft-power@2']) {
      expect(enter(register, ref, entry)).toEqual({
        fault: `${ref} has been approved as it was: give it the next version.`,
      });
    }
  });
});

describe('activation', () => {
  const waiting = withEntries({ 'soft-power@3': next });

  it('takes two different people, and retires the champion before', () => {
    const once = activate(waiting, 'soft-power@3', 'wang', '2026-11-30');
    if ('fault' in once) throw new Error(once.fault);
    expect(once.outcome).toBe('approved');
    expect(entryOf(once.register, 'soft-power@3')).toMatchObject({ status: 'validated' });
    expect(faultsOfRegister(once.register)).toEqual([]);

    const twice = activate(once.register, 'soft-power@3', 'shen', '2026-12-01');
    if ('fault' in twice) throw new Error(twice.fault);
    expect(twice).toMatchObject({ outcome: 'activated', retired: 'soft-power@2' });
    expect(entryOf(twice.register, 'soft-power@3')).toMatchObject({
      status: 'active',
      validFrom: '2026-12-01',
      approvals: [
        { by: 'wang', at: '2026-11-30' },
        { by: 'shen', at: '2026-12-01' },
      ],
    });
    expect(entryOf(twice.register, 'soft-power@2')).toMatchObject({
      status: 'retired',
      validTo: '2026-11-30',
    });
    expect(faultsOfRegister(twice.register)).toEqual([]);
  });

  it('of a challenger leaves the champion where it is', () => {
    const challenger = withEntries({
      'net@1': {
        ...next,
        role: 'challenger',
        kind: 'onnx',
        approvals: [{ by: 'wang', at: '2026-11-30' }],
      },
    });
    const done = activate(challenger, 'net@1', 'shen', '2026-12-01');
    if ('fault' in done) throw new Error(done.fault);
    expect(done).toMatchObject({ outcome: 'activated', retired: null });
    expect(entryOf(done.register, 'soft-power@2')).toEqual(second);
    expect(faultsOfRegister(done.register)).toEqual([]);
  });

  const approved = { ...next, approvals: [{ by: 'wang', at: '2026-11-30' }] };
  it.each<[string, RegisterEntry, string, string, RegExp]>([
    ['by the same person', approved, 'wang', '2026-12-01', /another person has to/],
    ['by its owner', next, 'credit-models', '2026-12-01', /owns it and cannot approve it/],
    ['by nobody', next, ' ', '2026-12-01', /Say who approves/],
    ['on no date', next, 'wang', 'tomorrow', /write YYYY-MM-DD/],
    ['of a draft', { ...next, status: 'draft' }, 'wang', '2026-12-01', /is a draft/],
    ['of one that is active', second, 'wang', '2026-12-01', /active already/],
    ['before the champion began', approved, 'shen', '2025-12-31', /which is later/],
  ])('%s is refused', (_what, entry, by, at, fault) => {
    const outcome = activate(withEntries({ 'soft-power@3': entry }), 'soft-power@3', by, at);
    expect('fault' in outcome && outcome.fault).toMatch(fault);
  });

  it('of what is not there, or retired, is refused', () => {
    const of = (ref: string) => activate(waiting, ref, 'wang', '2026-12-01');
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
