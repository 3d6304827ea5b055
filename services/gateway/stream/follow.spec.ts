// One reader's stream on a feed in memory: once each and in order, also for a slow reader.
import { eventually } from '@saidao/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FedEvent, FeedPage, FeedPageQuestion, FeedPlace } from '../ports.ts';
import { follow } from './follow.ts';
import { FeedWatch } from './watch.ts';

class ToyFeed {
  readonly events: FedEvent[] = [];
  dropped = 0n;
  readonly asked: FeedPageQuestion[] = [];

  add(count: number, type = 'LoanApproved'): void {
    for (let more = 0; more < count; more += 1) {
      const number = BigInt(this.events.length + 1);
      this.events.push({ number, type, content: `{"n":${number}}` });
    }
  }
  async places(lenders: readonly string[]): Promise<ReadonlyMap<string, FeedPlace>> {
    const place = { last: BigInt(this.events.length), dropped: this.dropped };
    return new Map(lenders.map((lender) => [lender, place]));
  }
  async page(question: FeedPageQuestion): Promise<FeedPage> {
    this.asked.push(question);
    const { after, upTo, filter, limit } = question;
    const events = this.events
      .filter(({ number }) => number > after && number <= upTo)
      .filter(({ type }) => filter.types?.includes(type) ?? true)
      .slice(0, limit);
    return { events, dropped: this.dropped };
  }
}

async function opened(feed: ToyFeed, after = 0n, types?: readonly string[], heartbeatMs = 60_000) {
  const errors: Error[] = [];
  const watch = new FeedWatch(feed, (error) => errors.push(error));
  await watch.look('boc-zj');
  const ending = new AbortController();
  const of = { feed, watch, lenderId: 'boc-zj', after, filter: { types }, heartbeatMs };
  const stream = follow({ ...of, signal: ending.signal });
  return { watch, stream, errors, end: () => ending.abort() };
}

const idOf = (text: string) => Number(/^id: (\d+)$/m.exec(text)?.[1]);

async function take(stream: AsyncGenerator<string>, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) texts.push((await stream.next()).value as string);
  return texts;
}

describe('a stream', () => {
  it('says first where it stands, then each event once and in order', async () => {
    const feed = new ToyFeed();
    feed.add(120);
    const { stream, watch } = await opened(feed, 7n);
    expect(await take(stream, 1)).toEqual(['retry: 2000\nid: 7\n\n']);
    expect((await take(stream, 1))[0]).toBe('id: 8\nevent: LoanApproved\ndata: {"n":8}\n\n');
    expect((await take(stream, 112)).map(idOf)).toEqual(
      Array.from({ length: 112 }, (_none, index) => index + 9),
    );
    const next = take(stream, 2);
    feed.add(2);
    watch.poke();
    expect((await next).map(idOf)).toEqual([121, 122]);
  });

  it('reads no further than a page ahead of its reader', async () => {
    const feed = new ToyFeed();
    feed.add(1_000);
    const { stream } = await opened(feed);
    await take(stream, 51);
    expect(feed.asked).toHaveLength(1);
    await take(stream, 1);
    expect(feed.asked).toHaveLength(2);
    expect(Math.max(...feed.asked.map(({ limit }) => limit))).toBeLessThanOrEqual(50);
  });

  it('moves its place where its filter lets nothing through, and says so', async () => {
    const feed = new ToyFeed();
    feed.add(300);
    const { stream } = await opened(feed, 0n, ['LoanDeclined'], 10);
    const [, alive] = await take(stream, 2);
    expect(alive).toBe(': nothing new\nid: 300\n\n');
    expect(feed.asked).toHaveLength(1);
  });

  it('moves its place and says so also while the feed never rests', async () => {
    const feed = new ToyFeed();
    feed.add(1);
    const { stream, watch, end } = await opened(feed, 0n, ['LoanDeclined'], 20);
    onTestFinished(end);
    const page = feed.page.bind(feed);
    feed.page = async (question) => {
      const read = await page(question);
      feed.add(1);
      await watch.look('boc-zj');
      // Timers have their turn.
      await new Promise((resolve) => setImmediate(resolve));
      return read;
    };
    const [, ...alive] = await take(stream, 3);
    for (const text of alive) expect(text).toMatch(/^: nothing new\nid: \d+\n\n$/);
    const [one = 0, other = 0] = alive.map(idOf);
    expect(one).toBeGreaterThan(0);
    expect(other).toBeGreaterThan(one);
  });

  it('sees what another process has recorded, and ends when it is told', async () => {
    const feed = new ToyFeed();
    const { stream, end } = await opened(feed);
    await take(stream, 1);
    const next = stream.next();
    feed.add(1);
    expect(idOf((await next).value as string)).toBe(1);
    const last = stream.next();
    end();
    expect((await last).done).toBe(true);
  });

  it('ends when what its reader has not had is kept no more', async () => {
    const feed = new ToyFeed();
    feed.add(100);
    const { stream } = await opened(feed);
    await take(stream, 51);
    feed.dropped = 60n;
    expect((await stream.next()).done).toBe(true);
  });

  it('outlives a database that is away for a moment', async () => {
    const feed = new ToyFeed();
    const { stream, watch, errors } = await opened(feed);
    await take(stream, 1);
    const { places } = feed;
    feed.places = () => Promise.reject(new Error('away'));
    const next = stream.next();
    await eventually('a look fails', () => {
      watch.poke();
      return errors.length > 0;
    });
    feed.places = places;
    feed.add(1);
    expect(idOf((await next).value as string)).toBe(1);
  });
});
