// What every register adapter does, whatever is behind it.
import { describe, expect, it } from 'vitest';
import type { RegisterEntry } from '../patents/grounds.ts';
import type { PatentRegister } from '../ports.ts';
import type { RegisterMood } from './register-memory.ts';

export interface OpenRegister {
  readonly register: PatentRegister;
  enter(entry: RegisterEntry): Promise<void> | void;
  behave(mood: RegisterMood, number?: string): Promise<void> | void;
}

export const grantedEntry: RegisterEntry = {
  number: '201610345678.2',
  kind: 'invention',
  filed: '2016-05-27',
  status: 'granted',
  owners: [{ name: '浙江示例智能锁科技有限公司', uscc: '91330100MA2H000142' }],
  annuity: 'paid',
  pledged: false,
  preserved: false,
  coOwnersConsent: null,
};
const { number } = grantedEntry;
const other = '201810456789.X';

export function registerConformance(name: string, open: () => Promise<OpenRegister>): void {
  const question = () => ({ lenderId: 'exim-zj', signal: new AbortController().signal });

  describe(`register: ${name}`, () => {
    it('says what is entered, with its evidence', async () => {
      const { register, enter } = await open();
      await enter(grantedEntry);
      const before = Date.now();
      const reply = await register.patent(number, question());
      expect(reply).toEqual({
        kind: 'answered',
        value: { known: true, entry: grantedEntry },
        evidence: {
          provider: 'patent-register',
          askedAt: expect.any(BigInt),
          answeredAt: expect.any(BigInt),
          answerHash: expect.stringMatching(/^[0-9a-f]{64}$/),
          fromCache: false,
          attempts: 1,
        },
      });
      if (reply.kind !== 'answered') throw new Error('no answer');
      const { askedAt, answeredAt } = reply.evidence;
      expect(Number(askedAt)).toBeGreaterThanOrEqual(before - 1);
      expect(Number(answeredAt)).toBeGreaterThanOrEqual(Number(askedAt));
    });

    it('gives the same answer the same hash, and another answer another', async () => {
      const { register, enter } = await open();
      await enter(grantedEntry);
      const hashOf = async () => {
        const reply = await register.patent(number, question());
        return reply.kind === 'answered' ? reply.evidence.answerHash : undefined;
      };
      const first = await hashOf();
      expect(await hashOf()).toBe(first);
      await enter({ ...grantedEntry, annuity: 'unpaid' });
      expect(await hashOf()).not.toBe(first);
    });

    it('answers that it knows no such patent', async () => {
      const { register } = await open();
      const reply = await register.patent(number, question());
      expect(reply).toMatchObject({ kind: 'answered', value: { known: false } });
    });

    it.each(['silent', 'failing', 'garbage'] as const)('fails where it is %s', async (mood) => {
      const { register, enter, behave } = await open();
      await enter(grantedEntry);
      await behave(mood, number);
      expect(await register.patent(number, question())).toEqual({
        kind: 'failed',
        provider: 'patent-register',
        message: expect.stringContaining('patent-register'),
        askedAtMs: expect.any(Number),
        failedAtMs: expect.any(Number),
      });
      expect(register.answeredAtMs('exim-zj')).toBeNull();
      const about = await register.patent(other, question());
      expect(about).toMatchObject({ kind: 'answered' });
      expect(register.answeredAtMs('exim-zj')).not.toBeNull();
    });

    it('shows by a control question whether it answers anybody', async () => {
      const { register, behave } = await open();
      await behave('failing');
      await register.control(question());
      expect(register.answeredAtMs('exim-zj')).toBeNull();
      await behave('normal');
      await register.control(question());
      expect(register.answeredAtMs('exim-zj')).not.toBeNull();
      expect(register.answeredAtMs('boc-zj')).toBeNull();
    });

    it('says nothing of a patent when the asker has no more time', async () => {
      const { register, enter } = await open();
      await enter(grantedEntry);
      const reply = await register.patent(number, {
        lenderId: 'exim-zj',
        signal: AbortSignal.abort(),
      });
      expect(reply.kind).toBe('not-asked');
    });
  });
}
