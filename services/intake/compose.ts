// Puts the line and the door together with their adapters; main and the specs of the service use it.
import { fenOfYuan } from '@saidao/values';
import {
  askedBy,
  callLogPostgres,
  gatherMsMaxOf,
  type BuiltWorker,
  type WorkerContext,
} from '@saidao/worker';
import { claimsIn, takenKeysIn } from './adapters/claims-postgres.ts';
import { aliasesWith } from './adapters/kyc/alias.ts';
import { personsBureauApi } from './adapters/kyc/persons-bureau-http.ts';
import { personsApi } from './adapters/kyc/persons-http.ts';
import { kycRegistryApi } from './adapters/kyc/registry-http.ts';
import { talentsApi } from './adapters/kyc/talents-http.ts';
import { readingIn } from './adapters/reading-log.ts';
import { statusesIn, writeStatuses } from './adapters/statuses-postgres.ts';
import { providers, type IntakeSettings } from './config.ts';
import { intakeDoor } from './door.ts';
import type { KycSources } from './ports.ts';
import { intake } from './worker.ts';

type Context = WorkerContext<IntakeSettings>;

export function composeIntake(context: Context): BuiltWorker {
  const { settings, log, database, clock } = context;
  const claims = claimsIn(database, () => clock.nowMs());
  const { businessDate, partitions } = settings;
  return {
    lines: [
      intake({
        claims,
        record: writeStatuses,
        reading: readingIn({ log, group: 'saidao.intake', partitions }),
        businessDate,
        sources: sourcesOf(context),
        gatherMsMax: gatherMsMaxOf(settings),
        kyc: {
          waitMs: settings.kycWaitMs,
          ownersExemptCapitalFen: fenOfYuan(String(settings.ownersExemptCapitalYuan)),
        },
      }),
    ],
    doors: [
      intakeDoor({
        log,
        partitions,
        claims,
        takenKeys: takenKeysIn(database),
        statuses: statusesIn(database),
        businessDate,
        revisionWaitMs: settings.revisionWaitMs,
        clock: () => clock.nowMs(),
      }),
    ],
  };
}

function sourcesOf(context: Context): KycSources {
  const { settings, database } = context;
  const { personOf, sealOf } = aliasesWith(settings.personsMacKey.reveal());
  const log = callLogPostgres(database, 'intake');
  const asked = askedBy(context, providers, { log, sealOf });
  const controlUscc = settings.registryControlUscc;
  const at = (key: keyof typeof providers) => ({ url: asked.urlOf(key), controlUscc, personOf });
  return {
    registry: asked.facts('registry', 'enterprise-registry', kycRegistryApi(at('registry'))).source,
    persons: asked.facts('persons', 'persons', personsApi(at('persons'))).source,
    files: asked.facts('personsBureau', 'persons-bureau', personsBureauApi(at('personsBureau')))
      .source,
    talents: asked.facts('talents', 'talents', talentsApi(at('talents'))).source,
  };
}
