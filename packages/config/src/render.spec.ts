// Papers made from settings: the Markdown tables and the lines of .env.example.
import { expect, it } from 'vitest';
import { oneOf, port, secret, text, url } from './parsers.ts';
import { renderEnvExample, renderSettingsMarkdown } from './render.ts';
import { settings } from './settings.ts';

const watchlistUrl = {
  env: 'WATCHLIST_URL',
  parse: url,
  example: 'http://localhost:8086',
  doc: 'Watchlist to query.',
};
const intake = settings({
  watchlistUrl,
  port: { env: 'PORT', parse: port, default: '18081', example: '18081', doc: 'Port of the door.' },
  key: { env: 'KEY', parse: secret, optional: true, example: 'change-me', doc: 'A key | not two.' },
});
const scoring = settings({
  watchlistUrl,
  level: { env: 'LEVEL', parse: oneOf('a', 'b'), example: 'a', doc: 'A level.' },
  motto: { env: 'MOTTO', parse: text, example: "it's on", doc: 'A motto.' },
});

it('writes a table for each section', () => {
  const sections = [
    { title: 'intake', doc: 'The front door.', table: intake },
    { title: 'scoring', table: scoring },
  ];
  const http = 'Takes a URL that begins with http:// or https://.';
  expect(renderSettingsMarkdown(sections)).toBe(
    [
      '## intake',
      '',
      'The front door.',
      '',
      '| Variable | What it says | If not set | Example |',
      '| --- | --- | --- | --- |',
      `| \`WATCHLIST_URL\` | Watchlist to query. ${http} | refused | \`http://localhost:8086\` |`,
      '| `PORT` | Port of the door. Takes a port, 0 to 65535. | `18081` | `18081` |',
      '| `KEY` | A key \\| not two. Takes a text. | left out | `change-me` |',
      '',
      '## scoring',
      '',
      '| Variable | What it says | If not set | Example |',
      '| --- | --- | --- | --- |',
      `| \`WATCHLIST_URL\` | Watchlist to query. ${http} | refused | \`http://localhost:8086\` |`,
      '| `LEVEL` | A level. Takes one of a, b. | refused | `a` |',
      "| `MOTTO` | A motto. Takes a text. | refused | `it's on` |",
      '',
    ].join('\n'),
  );
});

it('writes each variable once, commented out where it need not be set', () => {
  const sections = [
    { title: 'intake', table: intake },
    { title: 'scoring', table: scoring },
  ];
  expect(renderEnvExample(sections)).toBe(
    [
      '# --- intake ---',
      '# Watchlist to query.',
      'WATCHLIST_URL=http://localhost:8086',
      '# Port of the door.',
      '# PORT=18081',
      '# A key | not two.',
      '# KEY=change-me',
      '',
      '# --- scoring ---',
      '# WATCHLIST_URL stands under intake.',
      '# A level.',
      'LEVEL=a',
      '# A motto.',
      `MOTTO='it'\\''s on'`,
      '',
    ].join('\n'),
  );
});
