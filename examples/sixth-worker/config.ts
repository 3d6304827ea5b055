// The settings of screening.
import { settings, url } from '@saidao/config';
import { workerSettings } from '@saidao/worker';

const listUrl = { env: 'LIST_URL', parse: url, example: 'http://lists:8086', doc: 'A watchlist.' };
export const screeningSettings = settings({ ...workerSettings, listUrl });
