// Puts the two lines together with their adapters; main and the specs of the whole service use it.
import {
  askedBy,
  callLogPostgres,
  factShared,
  gatherMsMaxOf,
  type BuiltWorker,
  type Facts,
  type FactSource,
  type WorkerContext,
} from '@saidao/worker';
import { creditBureauApi } from './adapters/enterprises/credit-bureau-http.ts';
import { enterpriseRegistryApi } from './adapters/enterprises/enterprise-registry-http.ts';
import { guarantorApi } from './adapters/enterprises/guarantor-http.ts';
import { watchlistsApi } from './adapters/enterprises/watchlists-http.ts';
import { factCached } from './adapters/fact-cached.ts';
import {
  annuityFacts,
  appraisalFacts,
  bureauFacts,
  guaranteeFacts,
  listingFacts,
  registerFacts,
  registryFacts,
  type FactKind,
} from './adapters/fact-kinds.ts';
import { annuityApi } from './adapters/patents/annuity-http.ts';
import { registerApi } from './adapters/patents/register-http.ts';
import { valuationApi } from './adapters/patents/valuation-http.ts';
import { pledgeOfficeHttp } from './adapters/pledge-office-http.ts';
import { readPolicy } from './adapters/policy-file.ts';
import {
  providers,
  type KeptKey,
  type PatentVerificationSettings,
  type ProviderKey,
} from './config.ts';
import { pledgeLine } from './pledge.worker.ts';
import type { FactSources } from './ports.ts';
import { verifyLine } from './verify.worker.ts';

type Context = WorkerContext<PatentVerificationSettings>;

export function composePatentVerification(context: Context): BuiltWorker {
  const { settings } = context;
  const gatherMsMax = gatherMsMaxOf(settings);
  const asked = askedIn(context);
  const patents = (key: ProviderKey) => ({
    url: asked.urlOf(key),
    controlNumber: settings.registerControlPatent,
  });
  const enterprises = (key: ProviderKey) => ({
    url: asked.urlOf(key),
    controlUscc: settings.registryControlUscc,
  });

  const register = asked.facts('register', 'patent-register', registerApi(patents('register')));
  const annuity = asked.facts('annuity', 'annuity', annuityApi(patents('annuity')));
  const valuation = asked.facts('valuation', 'valuation', valuationApi(patents('valuation')));
  const registry = asked.facts(
    'registry',
    'enterprise-registry',
    enterpriseRegistryApi(enterprises('registry')),
  );
  const watchlists = asked.facts(
    'watchlists',
    'watchlists',
    watchlistsApi(enterprises('watchlists')),
  );
  const bureau = asked.facts('bureau', 'credit-bureau', creditBureauApi(enterprises('bureau')));
  const guarantor = asked.facts('guarantor', 'guarantor', guarantorApi(enterprises('guarantor')));
  const sources: FactSources = {
    register: asked.kept('register', register, registerFacts),
    annuity: asked.kept('annuity', annuity, annuityFacts),
    valuation: asked.kept('valuation', valuation, appraisalFacts),
    registry: asked.kept('registry', registry, registryFacts),
    watchlists: asked.kept('watchlists', watchlists, listingFacts),
    bureau: asked.kept('bureau', bureau, bureauFacts),
    guarantor: asked.kept('guarantor', guarantor, guaranteeFacts),
  };

  const verify = verifyLine({
    sources,
    policy: {
      valuation: readPolicy(),
      shelfLifeMs: settings.verificationShelfLifeMs,
      freshMs: settings.verificationFreshMs,
      pledgeProducts: new Set(settings.pledgeProducts),
    },
    gatherMsMax,
  });
  const pledge = pledgeLine({
    // Asked afresh each time: before a patent is taken, nothing that was said before will do.
    register: register.source,
    annuity: annuity.source,
    office: pledgeOfficeHttp({
      ...asked.caller('pledgeOffice', 'pledge-office'),
      url: asked.urlOf('pledgeOffice'),
    }),
    policy: {
      registrationMsMax: settings.pledgeRegistrationMsMax,
      officeHolidays: new Set(settings.pledgeOfficeHolidays),
      pledgeConfirmedMs: settings.pledgeConfirmedMs,
      collateralWatchMs: settings.collateralWatchMs,
    },
    gatherMsMax,
  });
  // Without these no application is verified. The pledge line can still release while they are
  // away, so it is not paused for them.
  const needs = [register, annuity, registry, watchlists].map(({ provider }) => provider);
  return { lines: [{ line: verify, needs }, pledge] };
}

/** How this process asks: by its settings, with its log of calls and its cache. */
function askedIn(context: Context) {
  const { settings } = context;
  const asked = askedBy(context, providers, { log: callLogPostgres(context.database, 'verify') });
  const cache = context.cache({
    url: settings.redisUrl.reveal(),
    macKey: settings.cacheMacKey.reveal(),
    prefix: 'saidao:verify:',
  });

  /** The same, asked once for all who ask at a time, and kept for a while. */
  function kept<Subject, Says>(
    key: KeptKey,
    { source, api }: Facts<Subject, Says>,
    kind: FactKind<Says>,
  ): FactSource<Subject, Says> {
    const keyOf = api.keyOf ?? api.nameOf;
    return factCached(factShared(source, keyOf), cache, {
      ...kind,
      keyOf,
      keepMs: settings[`${key}KeepMs` as const],
      negativeKeepMs: settings[`${key}NegativeKeepMs` as const],
    });
  }

  return { ...asked, kept };
}
