// Names that are one, and names that are not.
import { expect, test } from 'vitest';
import { isSameName } from './names.ts';

test.each([
  ['浙江示例智能锁科技有限公司', ' 浙江示例 智能锁科技有限公司　', true],
  ['浙江示例（杭州）有限公司', '浙江示例(杭州)有限公司', true],
  ['ＡＢＣ Trading', 'abc trading', true],
  ['浙江示例智能锁科技有限公司', '浙江示例智能锁科技有限公司杭州分公司', false],
])('%s and %s are the same: %s', (one, other, expected) => {
  expect(isSameName(one, other)).toBe(expected);
  expect(isSameName(other, one)).toBe(expected);
});
