// Intake's door, as a process would run it: who is taken for the submitter, and what abuse is answered.
import { abused, answersPromised, eventually, openIssuer } from '@saidao/testkit';
import { decode, type SubmissionJson } from '@saidao/schemas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { APPLICATIONS, openIntake, type IntakeService } from './service.fixture.ts';
import { sound } from './submission.fixture.ts';

const issuer = openIssuer(['boc-zj']);
const tokens = {
  web: 'the-token-of-web',
  counter: 'the-token-of-counter',
  away: 'the-token-of-away',
};

let service: IntakeService;

beforeAll(async () => {
  const of = (principal: keyof typeof tokens, lender: string) => ({
    ...{ principal, role: 'channel', lenders: [lender], token: tokens[principal] },
  });
  service = await openIntake({
    SYSTEM_REQUESTS_PER_SECOND_MAX: '20',
    OIDC_ISSUERS: JSON.stringify(issuer.setting),
    PRINCIPALS: JSON.stringify([
      ...[of('web', 'boc-zj'), of('counter', 'boc-zj'), of('away', 'czb-hz')],
    ]),
  });
});

afterAll(() => service.close());

function post(
  bearer: string,
  body: Partial<SubmissionJson>,
  headers: Readonly<Record<string, string>> = {},
  path = '/v1/applications',
): Promise<Response> {
  return fetch(`${service.worker.address}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function submit(
  who: keyof typeof tokens,
  change: Partial<SubmissionJson>,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const answer = await post(tokens[who], { ...sound, ...change }, headers);
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { applicationId: string }).applicationId;
}

/** Who is told to have submitted each revision. */
async function submittersOf(applicationId: string): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  await service.log.scan([APPLICATIONS], ({ key, value }) => {
    const { type, data } = decode(value as Buffer, APPLICATIONS);
    if (key?.toString() !== applicationId) return;
    if (type !== 'ApplicationReceived' && type !== 'ApplicationAmended') return;
    found.push((data as { submittedBy: string | null }).submittedBy);
  });
  return found;
}

test('takes for the submitter whom a system names, and a person for himself', async () => {
  const { lender: _l, channel: _c, reference: _r, ...content } = sound;
  const amended = { ...content, enterprise: { ...content.enterprise, staff: 66 } };
  // Several people share the counter's token.
  const id = await submit('counter', { reference: 'R-of' }, { 'on-behalf-of': 'wang@bank' });
  await eventually('it is taken', async () => (await submittersOf(id)).length === 1);
  const path = `/v1/applications/${id}/amendments`;
  const signed = issuer.tokenOf({ role: 'channel' });
  const inOthersName = await post(signed, amended, { 'on-behalf-of': 'wang@bank' }, path);
  expect(inOthersName.status).toBe(403);
  const strange = await post(tokens.counter, amended, { 'on-behalf-of': 'a b' }, path);
  expect(strange.status).toBe(400);
  expect(await strange.json()).toMatchObject({
    error: { faults: [{ path: 'headers.on-behalf-of', code: 'FORM' }] },
  });
  expect((await post(signed, amended, {}, path)).status).toBe(202);
  await eventually('it is amended', async () => (await submittersOf(id)).length === 2);
  expect(await submittersOf(id)).toEqual(['wang@bank', 'chen']);
});

test('answers each abuse as docs/doors.md says, serves the others, and stays up', async () => {
  const own = await submit('web', { reference: 'R-own' });
  const others = await submit('away', { reference: 'R-others', lender: 'czb-hz' });
  const pathOf = (id: string) => `/v1/applications/${id}/withdrawal`;
  const answers = await abused({
    ...{ address: service.worker.address as string, body: { reason: 'No longer needed.' }, issuer },
    ...{ path: pathOf(own), othersPath: pathOf(others), wrongRole: 'auditor' },
    ...{ token: tokens.web, otherToken: tokens.counter },
  });
  expect(answers).toEqual(answersPromised());
  const statusOf = async (id: string) => {
    const answer = await fetch(`${service.worker.address}/v1/applications/${id}`, {
      headers: { authorization: `Bearer ${tokens.counter}` },
    });
    return ((await answer.json()) as { status?: string }).status;
  };
  const next = await submit('counter', { reference: 'R-next' });
  await eventually('it is withdrawn', async () => (await statusOf(own)) === 'withdrawn');
  await eventually('the next one is taken', async () => (await statusOf(next)) === 'received');
});
