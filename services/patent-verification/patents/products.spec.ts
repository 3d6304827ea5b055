// Which products need a pledge.
import { expect, it } from 'vitest';
import { needsPledge } from './products.ts';

it.each([
  ['IP_PLEDGE', true],
  ['NEW_QUALITY', false],
  ['TALENT', false],
  ['INNOVATION', false],
  ['UNHEARD_OF', false],
])('%s: %s', (productId, needs) => expect(needsPledge(productId)).toBe(needs));
