// The catalogue: names, and the flow they stand in.
import { describe, expect, it } from 'vitest';
import {
  allTopicNames,
  allTopics,
  catalogue,
  exampleLines,
  exampleTopics,
  lines,
  topicByName,
  topicName,
  topicOf,
  topics,
  workerTopics,
} from './topics.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const DAY_MS = 86_400_000;

describe('the catalogue of topics', () => {
  it('finds every name it gives', () => {
    for (const { name, topic } of allTopics(LENDERS)) expect(topicByName(name)).toBe(topic);
  });

  it('names a topic per lender once for each, and a line three of its own', () => {
    const names = allTopicNames(LENDERS);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBe(14 + 2 * LENDERS.length + 3 * lines.length);
    expect(names).toContain('saidao.decisions.boc-zj.v1');
    expect(names).toContain('payout.dead-letter.v1');
    expect(workerTopics('verify')).toEqual({
      timers: 'verify.timers.v1',
      replay: 'verify.replay.v1',
      deadLetter: 'verify.dead-letter.v1',
    });
  });

  it.each([
    'saidao.decisions.v1',
    'saidao.decisions..v1',
    'saidao.decisions.a.b.v1',
    'saidao.decisions.{lender}.v1',
    'saidao.Applications.v1',
    'saidaoXapplications.v1',
    'saidao.applications.v1\n',
    'saidao.applications.v2',
    '',
  ])('knows no topic %j', (name) => {
    expect(topicByName(name)).toBeUndefined();
  });

  it.each(['', 'A', 'a.b', '-a', 'a-', 'a--b', '{lender}'])('takes no lender %j', (lenderId) => {
    expect(() => topicName(topics.decisions, lenderId)).toThrow(/lender id/);
  });

  it('asks for the lender where there is one', () => {
    expect(() => topicName(topics.decisions)).toThrow(/needs a lender id/);
    expect(topicName(topics.scores, 'boc-zj')).toBe('saidao.scores.v1');
  });

  it('stands in flow order: nobody reads what is written further down, but for answers', () => {
    const order = Object.values(topics);
    const firstWritten = new Map(order.map((topic, index) => [topic.writer, index]));
    const answers = new Set([
      topics.decisions.name,
      topics.disbursements.name,
      topics.payoutResults.name,
    ]);
    for (const [index, topic] of order.entries()) {
      if (answers.has(topic.name)) continue;
      // The days line writes into books only.
      for (const reader of topic.readers) {
        expect(firstWritten.get(reader) ?? Infinity).toBeGreaterThan(index);
      }
    }
  });

  it('has one topic for each event, and one writer for each numbered topic', () => {
    for (const topic of catalogue) {
      for (const event of topic.events) expect(topicOf(event)).toBe(topic);
      if (topic.numbered) expect([...lines, ...exampleLines]).toContain(topic.writer);
    }
  });

  it('knows the topics of examples, but puts them on no broker', () => {
    const names = new Set(allTopicNames(LENDERS));
    for (const topic of Object.values(exampleTopics)) {
      expect(topicByName(topic.name)).toBe(topic);
      expect(names).not.toContain(topic.name);
    }
    for (const line of exampleLines) {
      for (const name of Object.values(workerTopics(line))) expect(names).not.toContain(name);
    }
  });

  it('keeps events 14 days, dead letters 30, decisions for good, the latest compacted', () => {
    expect(topics.applications.retentionMs).toBe(14 * DAY_MS);
    expect(topicByName('book.dead-letter.v1')?.retentionMs).toBe(30 * DAY_MS);
    expect(catalogue.filter(({ retentionMs }) => retentionMs === null)).toEqual([
      ...[topics.decisions, topics.latestDecisions],
    ]);
    expect(catalogue.filter(({ cleanup }) => cleanup === 'compact')).toEqual([
      topics.latestDecisions,
    ]);
  });

  it('says where personal data lie: submissions, and what intake sets aside', () => {
    const holding = allTopics(LENDERS).filter(({ personalData }) => personalData);
    expect(holding.map(({ name }) => name)).toEqual([
      'saidao.submissions.v1',
      'intake.replay.v1',
      'intake.dead-letter.v1',
    ]);
  });
});
