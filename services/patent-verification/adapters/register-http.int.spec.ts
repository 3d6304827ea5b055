// The register over HTTP, against the outside world and against servers that answer nonsense.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProvider } from '@saidao/worker';
import { expect, it, onTestFinished } from 'vitest';
import { openOutsideWorld } from './outside-world.fixture.ts';
import { registerHttp } from './register-http.ts';
import { grantedEntry, registerConformance } from './register.conformance.ts';

const controlNumber = '201710601862.3';
const question = () => ({ lenderId: 'exim-zj', signal: new AbortController().signal });

registerConformance('HTTP', async () => {
  const world = await openOutsideWorld();
  const provider = world.provider('patent-register');
  return {
    register: registerHttp({ provider, url: `${world.url}/register`, controlNumber }),
    enter: world.enter,
    behave: (mode, number) =>
      world.behave({
        provider: 'register',
        mode,
        ...(number === undefined ? {} : { subject: number }),
      }),
  };
});

async function registerThatAnswers(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = createProvider({ name: 'patent-register', deadlineMs: 1_500 });
  return registerHttp({ provider, url, controlNumber });
}

const said = { ...grantedEntry, asOf: '2026-11-20T01:02:03.000Z' };
const json = (status: number, body: unknown): RequestListener => {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
};

it.each<[string, RequestListener]>([
  ['about another patent', json(200, { ...said, number: '201810456789.X' })],
  ['with a status that no register has', json(200, { ...said, status: 'sold' })],
  ['with a truth value as text', json(200, { ...said, pledged: 'false' })],
  ['without saying whether it is preserved', json(200, { ...said, preserved: undefined })],
  ['with a filing date that does not exist', json(200, { ...said, filed: '2026-02-30' })],
  ['with nobody as owner', json(200, { ...said, owners: [] })],
  ['with a list', json(200, [said])],
  ['with null', json(200, 'null')],
  ['with nothing', json(200, '')],
  ['with half a JSON', json(200, '{"number":')],
  ['with more than it may', json(200, { ...said, note: 'x'.repeat(70_000) })],
  ['404 as a wrong address does', json(404, { error: 'route-unknown', message: 'x' })],
  ['404 with a page', json(404, '<html></html>')],
  ['400', json(400, { error: 'x', message: 'x' })],
  ['401', json(401, { error: 'x' })],
  ['429', json(429, { error: 'x' })],
  ['503 with a page', json(503, '<html></html>')],
  [
    'by sending elsewhere',
    (_request, response) => void response.writeHead(302, { location: '/' }).end(),
  ],
  ['by hanging up', (request) => void request.socket.destroy()],
  [
    'and stops in the middle',
    (_request, response) => void response.writeHead(200).write('{"number"'),
  ],
])('takes it as a failure, never as a finding, when it answers %s', async (_, listener) => {
  const register = await registerThatAnswers(listener);
  const reply = await register.patent(grantedEntry.number, question());
  expect(reply).toMatchObject({ kind: 'failed', provider: 'patent-register' });
  expect(register.answeredAtMs('exim-zj')).toBeNull();
});

it('keeps nothing of an answer but what is judged', async () => {
  const register = await registerThatAnswers(
    json(200, { ...said, inventor: '张三', owners: [{ ...said.owners[0], phone: '1' }] }),
  );
  const reply = await register.patent(grantedEntry.number, question());
  expect(reply).toMatchObject({ kind: 'answered' });
  expect(reply.kind === 'answered' && reply.value).toEqual({ known: true, entry: grantedEntry });
});

it('is not asked at all while its breaker is open, which counts against no patent', async () => {
  const register = await registerThatAnswers(json(503, {}));
  for (let call = 0; call < 20; call += 1) {
    await register.patent(grantedEntry.number, question());
  }
  const reply = await register.patent(grantedEntry.number, question());
  expect(reply.kind).toBe('not-asked');
});
