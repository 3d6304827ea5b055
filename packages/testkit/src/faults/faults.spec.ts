// A fault occurs at its point and hit, once, and does what its action says.
import { expect, test } from 'vitest';
import {
  createFaultPoints,
  faultOf,
  faultsIn,
  fileOfFaults,
  textOfFault,
  type Fault,
} from './faults.ts';

const AT = 'turn/publish:log.send';

function given(...texts: readonly string[]) {
  const told: string[] = [];
  const points = createFaultPoints({
    occurs: (fault) => void told.push(textOfFault(fault)),
    passes: (point) => void told.push(point),
    kill: () => void told.push('killed'),
  });
  points.arm(texts.map(faultOf));
  let runs = 0;
  const pass = () => points.point(AT, async () => (runs += 1));
  return { told, points, pass, runs: () => runs };
}

test('without a fault nothing is otherwise', async () => {
  const { told, points } = given();
  const answer = {};
  expect(points.point(AT, () => answer)).toBe(answer);
  expect(points.point(AT, () => answer)).toBe(answer);
  expect(told).toEqual([AT]);
});

test('thrown before it, it is not begun; thrown after it, it was done', async () => {
  const before = given(`${AT} before throw 1`);
  await expect(before.pass()).rejects.toThrow(`${AT} before throw 1`);
  expect(before.runs()).toBe(0);
  const after = given(`${AT} after throw 1`);
  await expect(after.pass()).rejects.toThrow(`${AT} after throw 1`);
  expect(after.runs()).toBe(1);
});

test('what is hit is told, once, at its hit', async () => {
  const { told, pass, runs } = given(`${AT} before throw 2`);
  await pass();
  await expect(pass()).rejects.toThrow('before throw');
  await pass();
  expect(runs()).toBe(2);
  expect(told).toEqual([AT, `${AT} before throw 2`]);
});

test('two at one point occur one after the other', async () => {
  const { pass, runs } = given(`${AT} before throw 1`, `${AT} before duplicate 1`);
  await expect(pass()).rejects.toThrow('before throw');
  await pass();
  expect(runs()).toBe(2);
});

test('a duplicate does it twice and gives the second answer', async () => {
  const { pass } = given(`${AT} before duplicate 1`);
  expect(await pass()).toBe(2);
});

test('whoever is killed or hangs comes to no answer', async () => {
  const open = Symbol('open');
  const settled = (of: unknown) => Promise.race([of, new Promise((r) => setImmediate(r, open))]);
  const killed = given(`${AT} after kill 1`);
  expect(await settled(killed.pass())).toBe(open);
  expect(killed.told.slice(1)).toEqual([`${AT} after kill 1`, 'killed']);
  expect(killed.runs()).toBe(1);
  const hung = given(`${AT} before hang 1`);
  expect(await settled(hung.pass())).toBe(open);
  expect(hung.runs()).toBe(0);
});

test('a file holds faults, and its number', () => {
  const faults = [`${AT} before kill 1`, `${AT} after hang 3`].map(faultOf);
  expect(faultsIn(fileOfFaults(7, faults))).toEqual(faults);
  expect(fileOfFaults(7, faults)).not.toBe(fileOfFaults(8, faults));
  expect(faultsIn('')).toEqual([]);
});

test('a fault is written down and read again; what is none is refused', () => {
  const fault: Fault = { point: AT, when: 'after', action: 'hang', hit: 3 };
  expect(faultOf(textOfFault(fault))).toEqual(fault);
  for (const text of [
    '',
    AT,
    `${AT} during kill 1`,
    `${AT} before stop 1`,
    `${AT} before kill 0`,
  ]) {
    expect(() => faultOf(text)).toThrow('No fault');
  }
});
