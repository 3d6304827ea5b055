// The process of screening.
import { runWorker } from '@saidao/worker';
import { watchlistHttp } from './adapters/watchlist-http.ts';
import { screeningSettings } from './config.ts';
import { screening } from './worker.ts';

await runWorker({
  service: 'screening',
  env: process.env,
  settings: screeningSettings,
  build({ settings: { listUrl }, provider }) {
    const list = provider({ name: 'watchlist', deadlineMs: 1_000 });
    return { lines: [{ line: screening(watchlistHttp(list, listUrl)), needs: [list] }] };
  },
});
