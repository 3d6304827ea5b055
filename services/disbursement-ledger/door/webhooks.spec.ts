// Standard Webhooks against the example that its own libraries are tested by.
import { expect, it } from 'vitest';
import { genuineId } from './webhooks.ts';

// Source: the tests of github.com/standard-webhooks/standard-webhooks, libraries/javascript.
const example = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  nowMs: 1_614_265_330_000,
};
const headers = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const body = Buffer.from('{"test": 2432232314}');

it('takes the example of the specification, and nothing that differs from it', () => {
  expect(genuineId(headers, body, example)).toBe('msg_p5jXN8AQM9LWM0D4loKWxJek');
  expect(genuineId(headers, Buffer.from('{"test": 2432232315}'), example)).toBeUndefined();
  expect(genuineId({ ...headers, 'webhook-timestamp': '1614265331' }, body, example)).toBe(
    undefined,
  );
  expect(genuineId(headers, body, { ...example, nowMs: example.nowMs + 300_001 })).toBeUndefined();
});
