// The settings of challengers: which score in the champion's shadow, and how long they may take.
import { durationMsBetween, listOf, settings, textLike } from '@saidao/config';

// A name and a version as in the register of models; a remote one with its address.
const challenger = textLike(
  /^(?:onnx:[a-z0-9-]+@[1-9]\d{0,5}|http:[a-z0-9-]+@[1-9]\d{0,5}=https?:\/\/\S+)$/,
  'onnx:NAME@VERSION or http:NAME@VERSION=ADDRESS',
);

export const challengerSettings = settings({
  challengers: {
    env: 'CHALLENGERS',
    parse: listOf(challenger),
    optional: true,
    example: 'onnx:soft-power-net@1,http:remote@1=http://localhost:18095/score',
    doc: 'Registered models that score in shadow; without any the shadow line is not started.',
  },
  challengerDeadlineMs: {
    env: 'CHALLENGER_DEADLINE_MS',
    parse: durationMsBetween(10, 2_000),
    default: '500ms',
    example: '500ms',
    doc: 'How long one question to a challenger may take.',
  },
});
