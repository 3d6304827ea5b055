// Screening: an enterprise on a list is adverse, one on none is clear, silence is no answer.
import { event, scenario } from '@saidao/testkit';
import { expect, test } from 'vitest';
import { screening } from './worker.ts';

const line = screening(() => Promise.reject(new Error('decide asks nobody')));
const asked = event('ApplicationReceived', { content: { enterprise: {} } } as never);
const made = (lists: string[] | null) => scenario(line, { applicationId: '' }).when(asked, lists);

test('three answers are never mixed', () => {
  expect(made(['sanctions']).events?.[0]?.data.result).toBe('ADVERSE');
  expect(made([]).events?.[0]?.data.result).toBe('CLEAR');
  expect(made(null)).toMatchObject({ timers: [{ name: 'ask-again' }] });
});
