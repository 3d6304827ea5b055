// The settings of watching models: how many scores are compared, and how often.
import { durationMsBetween, integer, settings } from '@saidao/config';

export const watchSettings = settings({
  watchScores: {
    env: 'WATCH_SCORES',
    parse: integer(200, 100_000),
    default: '1000',
    example: '1000',
    doc: "How many of a lender's last scores are compared with the model's reference.",
  },
  watchEveryMs: {
    env: 'WATCH_EVERY_MS',
    parse: durationMsBetween(100, 86_400_000),
    default: '5m',
    example: '5m',
    doc: 'How often the scores of late are compared with the reference.',
  },
});
