// Issue 8: what cannot be read is set aside by the turn that meets it, at once and for little.
import { encode, topics } from '@saidao/schemas';
import { expect, it } from 'vitest';
import { LANE, toyGround } from './toy-ground.fixture.ts';
import { applicationIds, APPLICATIONS, LENDER, numbered, withdrawn } from './turn.fixture.ts';

const [ONE, TWO] = applicationIds(2, LANE) as [string, string];
const { disbursements } = topics;
const sound = withdrawn(ONE, 1, 'a').value as Buffer;
const schedule = {
  ...{ applicationId: ONE, revision: 1, lenderId: LENDER, loanId: 'l', authorisationId: 'a' },
  ...{ cause: 'BOOKED', asOf: '2026-11-20', instalments: [] },
};
/** Its last byte says that there are no instalments. */
const scheduled = encode('LoanScheduled', schedule as never, disbursements.name);
/** Ten million as Avro counts them: zigzag, seven bits a byte. */
const TEN_MILLION = [0x80, 0xda, 0xc4, 0x09];

const SECOND_MICROS = 1_000_000;

it.each<[what: string, code: string, value: Buffer]>([
  ['another magic', 'SAIDAO_MAGIC', Buffer.from([1, ...sound.subarray(1)])],
  ['a truncated value', 'SAIDAO_TRUNCATED', sound.subarray(0, -1)],
  ['trailing bytes', 'SAIDAO_TRAILING', Buffer.from([...sound, 0])],
  ['an id of no schema', 'SAIDAO_SCHEMA_ID_UNKNOWN', Buffer.from([0, 0x7f, 0, 0, 0, 0])],
  [
    'a list of ten million',
    'SAIDAO_BLOCK_COUNT',
    Buffer.from([...scheduled.subarray(0, -1), ...TEN_MILLION]),
  ],
  ['JSON with __proto__', 'SAIDAO_MAGIC', Buffer.from('{"__proto__":{"admin":true}}')],
  ['a value of 1 MB', 'SAIDAO_TOO_LARGE', Buffer.alloc(1_000_000)],
])('%s is a dead letter of its turn, which goes on', async (_what, code, value) => {
  const { run, causes, deadLetters } = toyGround();
  const wrong =
    code === 'SAIDAO_BLOCK_COUNT'
      ? numbered(disbursements, 1, 'LoanScheduled', schedule as never, { value })
      : withdrawn(ONE, 1, 'a', { value });
  const before = process.cpuUsage();
  // The clock stands still: nothing is waited for, and nothing is tried again.
  await run(wrong, withdrawn(TWO, 1, 'b'));
  const { user, system } = process.cpuUsage(before);
  expect(deadLetters()).toEqual([code]);
  expect(causes()).toEqual([`${TWO}/${APPLICATIONS}/1`]);
  // Of a core, so that whoever else is busy does not count.
  expect(user + system).toBeLessThan(SECOND_MICROS);
});
