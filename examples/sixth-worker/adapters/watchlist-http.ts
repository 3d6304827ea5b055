// The watchlist over HTTP: GET <url>/<uscc> answers with a JSON list of names.
import { ProviderError, type Provider } from '@saidao/worker';
import type { Watchlist } from '../ports.ts';

export function watchlistHttp(provider: Provider, url: string): Watchlist {
  return async (lenderId, uscc) => {
    const answer = await provider.ask(lenderId, uscc, async (signal) => {
      const response = await fetch(`${url}/${encodeURIComponent(uscc)}`, { signal });
      if (response.ok) return ((await response.json()) as unknown[]).map(String);
      throw new ProviderError('error', `answered with status ${response.status}`);
    });
    return answer.kind === 'answered' ? answer.value : null;
  };
}
