// A remote model in small, for tests and for trying: `node main.ts [PORT] [BEHAVIOUR]` answers scores.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Features } from '../features.ts';

/** As a sound model answers, and every other way there is. */
const behaviours = ['sound', 'error', 'hang', 'garbage', 'wrong-points', 'no-points'] as const;

const [port = '18095', behaviour = 'sound'] = process.argv.slice(2);
if (!(behaviours as readonly string[]).includes(behaviour)) {
  throw new Error(`${behaviour} is none of ${behaviours.join(', ')}.`);
}

const server = createServer((request, response) => {
  json(request).then(
    (asked) => {
      if (behaviour === 'hang') return;
      response.statusCode = behaviour === 'error' ? 500 : 200;
      response.setHeader('content-type', 'application/json');
      response.end(textOf(asked as { readonly features: Features }));
    },
    () => {
      response.statusCode = 400;
      response.end(JSON.stringify({ error: 'no JSON' }));
    },
  );
});
server.listen(Number(port), '127.0.0.1', () => {
  const { port: open } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${open}/score\n`);
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});

function textOf({ features }: { readonly features: Features }): string {
  switch (behaviour) {
    case 'garbage':
      return '<html>not a score</html>';
    case 'wrong-points':
      return JSON.stringify({ points: 1e9 });
    case 'no-points':
      return JSON.stringify({ score: 'AAA' });
    default:
      return JSON.stringify({ points: pointsOf(features) });
  }
}

/** The plain mean of what is known: a model that needs no training. */
function pointsOf(features: Features): number {
  const known = Object.values(features).filter((share) => share !== null);
  const sum = known.reduce((total, share) => total + share, 0);
  return known.length === 0 ? 0 : Math.floor(sum / known.length / 100);
}
