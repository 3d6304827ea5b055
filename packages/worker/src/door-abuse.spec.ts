// A door under abuse, over real sockets: each kind has its answer, and others are served meanwhile.
import { abused, answersPromised, openIssuer } from '@saidao/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mayActFor, principalOf } from './door.ts';
import { createHttp, Type, type Door, type HttpServer } from './http.ts';
import { HttpError } from './http-error.ts';
import { issuersOf } from './issuers.ts';
import { createLogger } from './logging.ts';
import { createMetrics } from './metrics.ts';
import { principalsOf } from './principals.ts';

const LENDERS = ['exim-zj'];
const token = 'the-token-of-officer-li';
const otherToken = 'the-token-of-web';
const issuer = openIssuer(LENDERS);
const path = '/v1/things/exim-zj';

const door: Door = (app) => {
  app.post(
    '/v1/things/:lender',
    {
      config: { roles: ['officer', 'channel'] },
      schema: {
        params: Type.Object({ lender: Type.String() }),
        body: Type.Object({ note: Type.String() }, { additionalProperties: false }),
      },
    },
    async (request, reply) => {
      if (!mayActFor(principalOf(request), request.params.lender)) {
        throw new HttpError(404, 'SAIDAO_HTTP_NOT_FOUND', 'There is no such thing.');
      }
      return reply.code(202).send({ status: 'received' });
    },
  );
};

let http: HttpServer;
let address: string;

beforeAll(async () => {
  http = await createHttp({
    name: 'decisioning',
    logger: createLogger({ service: 'decisioning', level: 'silent' }),
    metrics: createMetrics({ service: 'decisioning' }),
    health: { alive: () => undefined, notReady: async () => [] },
    doors: [door],
    principals: principalsOf([
      { principal: 'li', role: 'officer', lenders: LENDERS, token },
      { principal: 'web', role: 'channel', lenders: LENDERS, token: otherToken },
    ]),
    issuers: issuersOf(issuer.setting),
    limits: { ofPeople: 20, ofSystems: 5_000 },
  });
  address = await http.listen('127.0.0.1', 0);
});

afterAll(() => http.close());

function post(bearer: string, body: object): Promise<Response> {
  return fetch(new URL(path, address), {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

describe('a door', () => {
  it('takes a signed token, too', async () => {
    expect((await post(issuer.tokenOf(), { note: 'n' })).status).toBe(202);
  });

  it('answers each request as docs/doors.md says, and serves the others meanwhile', async () => {
    const answers = await abused({
      ...{ address, path, body: { note: 'n' }, token, otherToken, issuer },
      ...{ othersPath: '/v1/things/boc-zj', wrongRole: 'auditor' },
    });
    expect(answers).toEqual(answersPromised());
  }, 120_000);

  it('names the place of what it does not know', async () => {
    const refused = await post(otherToken, { note: 'n', role: 'committee' });
    expect(await refused.json()).toMatchObject({
      error: { faults: [{ path: 'role', code: 'UNKNOWN_FIELD' }] },
    });
  });

  it('is alive after all that', async () => {
    expect((await fetch(new URL('/livez', address))).status).toBe(200);
    expect((await post(otherToken, { note: 'n' })).status).toBe(202);
  });
});
