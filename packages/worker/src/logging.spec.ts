// Logs: what is printed, and the canary that must not be.
import { describe, expect, it } from 'vitest';
import { createLogger, logLine, logProvider } from './logging.ts';
import { Observer, type Outcome } from './observe.ts';
import { createProvider, ProviderError } from './provider.ts';

function capture() {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'intake',
    level: 'trace',
    destination: { write: (line: string) => void lines.push(line) },
  });
  const last = () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>;
  return { logger, lines, last };
}

const canary = { name: '陈金丝雀', phone: '13800138000', identityCard: '330102199003071234' };
const application = {
  channel: 'web',
  reference: 'R-1',
  contact: { name: canary.name, phone: canary.phone },
  enterprise: { name: 'Hangzhou Tech', uscc: '91330100MA27XXXX0X' },
};
const quotes = `contact ${canary.name} ${canary.phone} ${canary.identityCard}`;

function expectNoCanary(lines: readonly string[]) {
  expect(lines.length).toBeGreaterThan(0);
  for (const text of Object.values(canary)) expect(lines.join('')).not.toContain(text);
}

describe('a log line', () => {
  it('holds time, level, service and the fields that are listed', () => {
    const { logger, last } = capture();
    logger.info({ line: 'intake', offset: 12n, lanes: [1, 2] }, 'turn ended');
    expect(last()).toMatchObject({
      level: 'info',
      service: 'intake',
      line: 'intake',
      offset: '12',
      lanes: [1, 2],
      msg: 'turn ended',
    });
    expect(Date.parse(last()['time'] as string)).not.toBeNaN();
  });

  it('leaves out every other field, at any depth and from a child', () => {
    const { logger, last, lines } = capture();
    logger.info({ application, data: application, reason: application, line: 'intake' }, 'x');
    expect(last()).not.toHaveProperty('application');
    expect(last()).not.toHaveProperty('reason');
    logger.child({ contact: canary, line: 'intake' }).warn({ outcomes: [application] }, 'x');
    expect(last()).toMatchObject({ line: 'intake', outcomes: [null] });
    logger.info('the application is %o', application);
    logger.info({ line: 'intake' }, 'the application is %o', application);
    expectNoCanary(lines);
  });

  it('masks mobile and identity-card numbers in a text, and leaves ids and offsets', () => {
    const { logger, last } = capture();
    logger.info(`call ${canary.phone} or +86 ${canary.phone}, card ${canary.identityCard}`);
    expect(last()['msg']).toBe('call [masked] or [masked], card [masked]');
    const id = '01890a5d-ac96-774b-bcce-138001380001';
    logger.info({ applicationId: id, offset: 1_234_567_890_123n }, 'x');
    expect(last()).toMatchObject({ applicationId: id, offset: '1234567890123' });
  });
});

describe('an error', () => {
  it('shows class, code, places and cause', () => {
    const { logger, last } = capture();
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
      code: 'ECONNREFUSED',
    });
    logger.error({ err: new TypeError('x is not a function', { cause }) }, 'turn failed');
    expect(last()['err']).toMatchObject({
      type: 'TypeError',
      message: 'x is not a function',
      stack: expect.stringContaining('logging.spec.ts'),
      cause: { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:1' },
    });
  });

  it.each([
    ['of anyone', new Error(quotes)],
    ['of a parser', new SyntaxError(quotes)],
    ['of the database about a row', Object.assign(new Error(quotes), { code: '23505' })],
    ['as a cause', new TypeError('bad', { cause: new RangeError(quotes) })],
    ['with properties', Object.assign(new TypeError('bad'), { detail: quotes, application })],
  ])('keeps back a text that may quote data: %s', (_whose, error) => {
    const { logger, lines } = capture();
    logger.error(error);
    logger.error({ err: error });
    logger.error({ err: error }, 'turn failed');
    logger.child({ err: error }).error('turn failed');
    expectNoCanary(lines);
  });
});

describe('the canary', () => {
  const outcomes: readonly Outcome[] = [
    'decided',
    'passed-over',
    'repeated',
    'parked',
    'released',
    'dead-lettered',
    'ignored',
  ];
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const common = { line: 'intake', applicationId: 'a', data: application, event: application };

  it('is printed by no event of a line', () => {
    const { logger, lines } = capture();
    const observer = new Observer();
    logLine(observer, logger);
    for (const outcome of outcomes) {
      const event = { ...common, type: 'ApplicationSubmitted', id: 'm', outcome, produced: [] };
      observer.emit('decided', { ...event, traceparent });
    }
    observer.emit('deadLettered', {
      ...common,
      code: 'SAIDAO_FIELD_TYPE',
      reason: 'contact.phone: wrong type',
      topic: 'saidao.submissions.v1',
      partition: 1,
      offset: 2n,
    });
    observer.emit('alarm', {
      ...common,
      kind: 'turn-failed',
      message: `Error: ${quotes}`,
      error: new Error(quotes, { cause: application }),
    });
    observer.emit('paused', { ...common, reason: 'register is gone' });
    observer.emit('paused', { ...common, reason: undefined });
    observer.emit('lanes', { ...common, lanes: [0, 1] });
    observer.emit('turn', {
      ...common,
      lanes: [0],
      records: 1,
      taken: 1,
      published: 1,
      durationMs: 5,
      gatherMs: 1,
      transactionMs: 2,
      publishMs: 2,
      outcomes: new Map([['saidao.submissions.v1', new Map([['decided', 1]])]]),
    });
    expect(lines).toHaveLength(outcomes.length + 6);
    expectNoCanary(lines);
  });

  it('is printed by no event of a provider', async () => {
    const { logger, lines } = capture();
    const provider = createProvider({ name: 'bureau', deadlineMs: 100 });
    logProvider(provider, logger);
    for (let call = 0; call < 20; call += 1) {
      const fails = () => Promise.reject(new ProviderError('error', quotes));
      await provider.ask('exim-zj', canary.name, fails);
    }
    expectNoCanary(lines);
  });
});

describe('a decided event', () => {
  it('shows application, trace and what came of it', () => {
    const { logger, last } = capture();
    const observer = new Observer();
    logLine(observer, logger);
    observer.emit('decided', {
      line: 'intake',
      type: 'ApplicationSubmitted',
      applicationId: 'app-1',
      id: 'm-1',
      outcome: 'decided',
      produced: ['ApplicationReceived'],
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    expect(last()).toMatchObject({
      applicationId: 'app-1',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      eventType: 'ApplicationSubmitted',
      eventId: 'm-1',
      outcome: 'decided',
      produced: ['ApplicationReceived'],
    });
  });
});
