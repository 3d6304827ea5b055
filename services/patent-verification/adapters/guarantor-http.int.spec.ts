// The guarantor over HTTP, against the outside world.
import { expect, it } from 'vitest';
import { guarantorHttp } from './guarantor-http.ts';
import { openOutsideWorld } from './outside-world.fixture.ts';

const institution = '浙江示例融资担保有限公司';
const request = {
  applicationId: 'application-1',
  institution,
  uscc: '91330200MA2L30049Q',
  sharePpm: 700_000,
  amountFen: 500_000_000n,
};
const question = { lenderId: 'czb-hz', signal: new AbortController().signal };

async function open() {
  const world = await openOutsideWorld();
  const provider = world.provider('guarantor');
  return { world, guarantor: guarantorHttp({ provider, url: `${world.url}/guarantor` }) };
}

it.each([true, false])('says whether the institution confirms: %s', async (confirms) => {
  const { world, guarantor } = await open();
  await world.institution(institution, confirms);
  expect(await guarantor.confirm(request, 'key-1', question)).toMatchObject({
    kind: 'answered',
    value: { known: true, confirmed: confirms, reference: 'G00000001' },
    evidence: { provider: 'guarantor', attempts: 1, fromCache: false },
  });
});

it('gets the first answer again under the same key', async () => {
  const { world, guarantor } = await open();
  await world.institution(institution, true);
  const first = await guarantor.confirm(request, 'key-1', question);
  await world.institution(institution, false);
  const again = await guarantor.confirm(request, 'key-1', question);
  expect(again.kind === 'answered' && again.value).toEqual(
    first.kind === 'answered' && first.value,
  );
});

it('takes an institution that nobody knows as an answer', async () => {
  const { guarantor } = await open();
  expect(await guarantor.confirm(request, 'key-1', question)).toMatchObject({
    kind: 'answered',
    value: { known: false },
  });
});

it.each(['silent', 'failing', 'garbage'] as const)('fails when it is %s', async (mode) => {
  const { world, guarantor } = await open();
  await world.institution(institution, true);
  await world.behave({ provider: 'guarantor', subject: institution, mode });
  expect(await guarantor.confirm(request, 'key-1', question)).toMatchObject({ kind: 'failed' });
  expect(guarantor.answeredAtMs('czb-hz')).toBeNull();
});

it('fails when it refuses what we ask', async () => {
  const { guarantor } = await open();
  const wrong = { ...request, sharePpm: 0 };
  expect(await guarantor.confirm(wrong, 'key-1', question)).toMatchObject({ kind: 'failed' });
});
