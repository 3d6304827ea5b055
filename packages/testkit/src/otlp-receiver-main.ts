// A collector for tests, a process of its own: takes spans by OTLP over HTTP and gives them as JSON.
import { createServer } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { spansIn } from './otlp-spans.ts';

// Decoded when they are asked for: in a bench nobody does.
const bodies: Buffer[] = [];
let isMute = false;

const spans = () => bodies.flatMap(spansIn);

const server = createServer((request, response) => {
  void (async () => {
    if (request.url === '/count') {
      response.end(String(spans().length));
    } else if (request.method === 'GET') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(spans()));
    } else if (request.url === '/mute') {
      isMute = (await text(request)) === 'true';
      response.end();
    } else {
      const body = await buffer(request);
      // As one that hangs: it takes all and never answers.
      if (isMute) return;
      bodies.push(body);
      response.setHeader('content-type', 'application/x-protobuf');
      response.end();
    }
  })();
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify(server.address())}\n`);
});
// It ends with whoever started it.
process.stdin.resume().on('end', () => process.exit(0));
