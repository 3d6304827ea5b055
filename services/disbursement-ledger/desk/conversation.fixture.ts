// Whoever asks the desk, for specs: takes every part and keeps its lines.
import type { Conversation } from './conversation.ts';

export function listener(): { readonly lines: string[]; readonly conversation: Conversation } {
  const lines: string[] = [];
  return {
    lines,
    conversation: {
      lines: (async function* () {
        for (;;) yield await Promise.resolve('taken');
      })(),
      say: (said) => void lines.push(...(said as { readonly part: readonly string[] }).part),
    },
  };
}
