// Puts the two lines together with their adapters; main and the specs of the whole service use it.
import type { BuiltWorker, WorkerContext } from '@saidao/worker';
import { guarantorHttp } from './adapters/guarantor-http.ts';
import { pledgeOfficeHttp } from './adapters/pledge-office-http.ts';
import { registerCached } from './adapters/register-cached.ts';
import { registerHttp, registerProbe } from './adapters/register-http.ts';
import { gatherMsMaxOf, type PatentVerificationSettings } from './config.ts';
import { pledgeLine } from './pledge.worker.ts';
import { verifyLine } from './verify.worker.ts';

/** Questions at once for each lender; as many events of a turn are gathered for at a time. */
const CONCURRENT_MAX = 64;

export function composePatentVerification(
  context: WorkerContext<PatentVerificationSettings>,
): BuiltWorker {
  const { settings } = context;
  const gatherMsMax = gatherMsMaxOf(settings);

  /** An institution without an address is one that no lender has access to. */
  function place(named: string | undefined, path: string) {
    const { outsideWorldUrl } = settings;
    const url = named ?? (outsideWorldUrl === undefined ? undefined : `${outsideWorldUrl}/${path}`);
    if (url === undefined) context.logger.warn({ reason: path }, 'no address is configured');
    return { url: url ?? '', configured: () => url !== undefined };
  }

  const registerAt = place(settings.registerUrl, 'register');
  const controlNumber = settings.registerControlPatent;
  const registerProvider = context.provider({
    name: 'patent-register',
    deadlineMs: settings.registerDeadlineMs,
    concurrencyMax: CONCURRENT_MAX,
    configured: registerAt.configured,
    probe: registerProbe({ url: registerAt.url, controlNumber }),
  });
  const register = registerHttp({ provider: registerProvider, url: registerAt.url, controlNumber });
  const cache = context.cache({
    url: settings.redisUrl.reveal(),
    macKey: settings.cacheMacKey.reveal(),
    prefix: 'saidao:verify:',
  });

  const guarantorAt = place(settings.guarantorUrl, 'guarantor');
  const guarantor = guarantorHttp({
    url: guarantorAt.url,
    provider: context.provider({
      name: 'guarantor',
      deadlineMs: settings.guarantorDeadlineMs,
      concurrencyMax: CONCURRENT_MAX,
      configured: guarantorAt.configured,
    }),
  });
  const officeAt = place(settings.pledgeOfficeUrl, 'pledge-office');
  const office = pledgeOfficeHttp({
    url: officeAt.url,
    provider: context.provider({
      name: 'pledge-office',
      deadlineMs: settings.pledgeOfficeDeadlineMs,
      concurrencyMax: CONCURRENT_MAX,
      configured: officeAt.configured,
    }),
  });

  const verify = verifyLine({
    register: registerCached(register, cache, settings.registerKeepMs),
    guarantor,
    gatherMsMax,
  });
  const pledge = pledgeLine({
    register,
    office,
    policy: { registrationMsMax: settings.pledgeRegistrationMsMax },
    gatherMsMax,
  });
  // The pledge line can still release while the register is away, so it is not paused for it.
  return { lines: [{ line: verify, needs: [registerProvider] }, pledge] };
}
