// The doors of every service as its process has them, with nothing behind them: for their papers.
import { readSettings, type SettingsTable } from '@saidao/config';
import { MemoryBroker } from '@saidao/event-log';
import {
  createHttp,
  createLogger,
  createMetrics,
  createProvider,
  systemClock,
  type BuiltWorker,
  type Cache,
  type Database,
  type WorkerContext,
} from '@saidao/worker';
import { composeDecisioning } from '../../services/decisioning/compose.ts';
import { decisioningSettings } from '../../services/decisioning/config.ts';
import { composeDisbursementLedger } from '../../services/disbursement-ledger/compose.ts';
import { disbursementLedgerSettings } from '../../services/disbursement-ledger/config.ts';
import { composeGateway } from '../../services/gateway/compose.ts';
import { gatewaySettings } from '../../services/gateway/config.ts';
import { composeIntake } from '../../services/intake/compose.ts';
import { intakeSettings } from '../../services/intake/config.ts';
import { buildRegistry } from '../../services/schema-registry/app.ts';

/** What a process answers; closed by whoever asked. */
export interface Described {
  inject(path: string): Promise<{ statusCode: number; body: string }>;
  close(): Promise<void>;
}

/** A service with doors: one entry each, in the flow's order. */
export const services: Readonly<Record<string, (name: string) => Promise<Described>>> = {
  intake: worker(intakeSettings, composeIntake),
  decisioning: worker(decisioningSettings, composeDecisioning),
  'disbursement-ledger': worker(disbursementLedgerSettings, composeDisbursementLedger),
  gateway: worker(gatewaySettings, composeGateway),
  'schema-registry': async (name) => {
    const app = buildRegistry({ logger: quiet(name), metrics: metricsOf(name) });
    await app.ready();
    return { inject: (path) => app.inject(path), close: () => app.close() };
  },
};

/** The OpenAPI document of each, by the service's name. */
export async function openApiDocuments(): Promise<Map<string, object>> {
  const documents = new Map<string, object>();
  for (const [name, describe] of Object.entries(services)) {
    const described = await describe(name);
    try {
      const { statusCode, body } = await described.inject('/openapi.json');
      if (statusCode !== 200) throw new Error(`${name} answers ${statusCode} to /openapi.json.`);
      documents.set(name, JSON.parse(body) as object);
    } finally {
      await described.close();
    }
  }
  return documents;
}

/** Composed as main does it, of settings as `.env.example` has them; nothing else is asked. */
function worker<Settings>(
  table: SettingsTable,
  compose: (context: WorkerContext<Settings>) => BuiltWorker,
): (name: string) => Promise<Described> {
  return async (name) => {
    const examples = Object.values(table).map(({ env, example }) => [env, example]);
    const settings = readSettings(table, Object.fromEntries(examples)) as Settings;
    const logger = quiet(name);
    const metrics = metricsOf(name);
    const stops: (() => Promise<void>)[] = [];
    const { doors } = compose({
      settings,
      log: new MemoryBroker().connect(),
      database: {} as Database,
      provider: (options) => createProvider({ ...options, lenders: [], clock: systemClock }),
      cache: () => ({}) as Cache,
      onStop: (work) => void stops.push(work),
      ...{ logger, metrics, clock: systemClock },
    });
    const http = await createHttp({
      ...{ name, logger, metrics, doors: doors ?? [] },
      health: { alive: () => undefined, notReady: async () => [] },
      limits: { ofPeople: 1, ofSystems: 1 },
    });
    return {
      inject: (path) => http.app.inject(path),
      async close() {
        for (const stop of stops) await stop();
        await http.close();
      },
    };
  };
}

const quiet = (service: string) => createLogger({ service, level: 'silent' });
const metricsOf = (service: string) => createMetrics({ service, defaults: false });
