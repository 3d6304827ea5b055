// Providers that answer nonsense: it is a failure, never a finding, and nothing of it is kept as one.
import { callLogMemory, questionFor } from '@saidao/testkit/facts';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProvider, factHttp, type FactApi } from '@saidao/worker';
import { describe, expect, it, onTestFinished } from 'vitest';
import { creditBureauApi } from './enterprises/credit-bureau-http.ts';
import { enterpriseRegistryApi } from './enterprises/enterprise-registry-http.ts';
import { guarantorApi } from './enterprises/guarantor-http.ts';
import { watchlistsApi } from './enterprises/watchlists-http.ts';
import {
  annuityCase,
  bureauCase,
  controlNumber,
  controlUscc,
  grantedEntry,
  guarantorCase,
  registryCase,
} from './facts.fixture.ts';
import { annuityApi } from './patents/annuity-http.ts';
import { registerApi } from './patents/register-http.ts';
import { valuationApi } from './patents/valuation-http.ts';

async function asked<Subject, Says>(
  api: (url: string) => FactApi<Subject, Says>,
  listener: RequestListener,
) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = createProvider({ name: 'provider', deadlineMs: 1_500 });
  return factHttp(api(url), { provider, log: callLogMemory() });
}

const json = (status: number, body: unknown): RequestListener => {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
};

const asOf = '2026-11-20T01:02:03.000Z';
const register = (url: string) => registerApi({ url, controlNumber });
const said = { ...grantedEntry, asOf };

describe('the register', () => {
  it.each<[string, RequestListener]>([
    ['about another patent', json(200, { ...said, number: '201810456789.X' })],
    ['with a status that no register has', json(200, { ...said, status: 'sold' })],
    ['with a truth value as text', json(200, { ...said, pledged: 'false' })],
    ['without saying whether it is preserved', json(200, { ...said, preserved: undefined })],
    ['with a filing date that does not exist', json(200, { ...said, filed: '2026-02-30' })],
    ['with a grant on no date', json(200, { ...said, granted: 'yes' })],
    ['with nobody as owner', json(200, { ...said, owners: [] })],
    ['with a licence of no kind', json(200, { ...said, licences: [{ until: null }] })],
    ['with half a claim', json(200, { ...said, claims: 0.5 })],
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
  ])('fails when it answers %s', async (_, listener) => {
    const source = await asked(register, listener);
    const reply = await source.ask(grantedEntry.number, questionFor());
    expect(reply).toMatchObject({ kind: 'failed', provider: 'provider' });
    expect(source.answeredAtMs('exim-zj')).toBeNull();
  });

  it('adds nothing to a finding but what is judged', async () => {
    const owners = [{ ...said.owners[0], phone: '1' }];
    const source = await asked(register, json(200, { ...said, inventor: '张三', owners }));
    const reply = await source.ask(grantedEntry.number, questionFor());
    expect(reply.kind === 'answered' && reply.value).toEqual({ known: true, entry: grantedEntry });
  });

  it('is not asked at all while its breaker is open, which counts against no patent', async () => {
    const source = await asked(register, json(503, {}));
    for (let call = 0; call < 10; call += 1) await source.ask(grantedEntry.number, questionFor());
    expect((await source.ask(grantedEntry.number, questionFor())).kind).toBe('not-asked');
  });
});

const fees = { number: annuityCase.name, paidThroughYear: 11, asOf };
it.each([
  [{ ...fees, number: controlNumber }],
  [{ ...fees, paidThroughYear: '11' }],
  [{ ...fees, paidThroughYear: -1 }],
])('takes no annuity from %j', async (body) => {
  const source = await asked((url) => annuityApi({ url, controlNumber }), json(200, body));
  expect(await source.ask(annuityCase.subject, questionFor())).toMatchObject({ kind: 'failed' });
});

const appraisal = {
  number: annuityCase.name,
  valueFen: '15000000000',
  appraiser: 'A',
  reportId: 'R',
  appraisedOn: '2026-06-30',
  validUntil: '2027-06-29',
  asOf,
};
it.each([
  [{ ...appraisal, valueFen: 15_000_000_000 }],
  [{ ...appraisal, valueFen: '1.5e10' }],
  [{ ...appraisal, valueFen: '0' }],
  [{ ...appraisal, number: controlNumber }],
  [{ ...appraisal, validUntil: '2027-02-29' }],
])('takes no appraisal from %j', async (body) => {
  const source = await asked((url) => valuationApi({ url, controlNumber }), json(200, body));
  expect(await source.ask(annuityCase.subject, questionFor())).toMatchObject({ kind: 'failed' });
});

const registered = {
  uscc: registryCase.name,
  name: 'A',
  status: 'in-business',
  established: '2009-03-12',
  regionCode: '330100',
  industryCode: 'C3569',
  registeredCapitalFen: null,
  insuredStaff: null,
  asOf,
};
it.each([
  [{ ...registered, uscc: controlUscc }],
  [{ ...registered, status: 'asleep' }],
  [{ ...registered, industryCode: '3569' }],
  [{ ...registered, registeredCapitalFen: 5 }],
  [{ ...registered, groupHead: 'a group' }],
])('takes no enterprise from %j', async (body) => {
  const api = (url: string) => enterpriseRegistryApi({ url, controlUscc });
  const source = await asked(api, json(200, body));
  expect(await source.ask(registryCase.subject, questionFor())).toMatchObject({ kind: 'failed' });
});

const listed = { uscc: registryCase.name, dishonestDebtor: null, seriousViolation: null, asOf };
it.each([
  [{ ...listed, uscc: controlUscc }],
  [{ ...listed, seriousViolation: undefined }],
  [{ ...listed, dishonestDebtor: {} }],
  [{ ...listed, dishonestDebtor: { reference: 'x', since: '2025-13-01' } }],
])('takes it for no absence from the lists when they say %j', async (body) => {
  const source = await asked((url) => watchlistsApi({ url, controlUscc }), json(200, body));
  expect(await source.ask(registryCase.subject, questionFor())).toMatchObject({ kind: 'failed' });
});

const report = {
  uscc: bureauCase.name,
  creditFen: '8000000000',
  overdueFen: '0',
  worstTier: 'normal',
  guaranteeFen: '0',
  asOf,
};
it.each([
  [200, { ...report, uscc: controlUscc }],
  [200, { ...report, overdueFen: '-1' }],
  [200, { ...report, worstTier: 'fine' }],
  [404, { error: 'enterprise-unknown', message: 'x' }],
  [403, { error: 'consent-missing', message: 'x' }],
  [403, { error: 'account-blocked', message: 'x' }],
])('takes no report from %i %j', async (status, body) => {
  const api = (url: string) => creditBureauApi({ url, controlUscc });
  const source = await asked(api, json(status, body));
  expect(await source.ask(bureauCase.subject, questionFor())).toMatchObject({ kind: 'failed' });
});

it.each([
  [200, { confirmed: 'yes', reference: 'G1' }],
  [200, { confirmed: true, reference: '' }],
  [409, { error: 'key-reused', message: 'x' }],
])('takes no confirmation from %i %j', async (status, body) => {
  const source = await asked((url) => guarantorApi({ url, controlUscc }), json(status, body));
  expect(await source.ask(guarantorCase.subject, questionFor())).toMatchObject({ kind: 'failed' });
});
