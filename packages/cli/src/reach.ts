// How a command reaches the system: by what `up` wrote down, else by the environment.
import { loginOf, type KafkaLogin } from '@saidao/config';
import { openDoors } from '@saidao/applicants';
import type { Doors } from '@saidao/applicants';
import { connectKafka } from '@saidao/event-log';
import type { EventLog } from '@saidao/event-log';
import { readAccess } from './access.ts';
import type { Access } from './access.ts';
import type { CommandContext } from './context.ts';
import { readRunState } from './run-state.ts';
import { Told } from './told.ts';

export interface Reach {
  readonly brokers: readonly string[];
  /** What a guarded broker wants; empty for the local one. */
  readonly login: KafkaLogin;
  readonly lenders: readonly string[];
  readonly partitions: number;
  /** Base addresses; null where none is known. */
  readonly intake: string | null;
  readonly decisioning: string | null;
  readonly disbursementLedger: string | null;
  readonly outsideWorld: string | null;
  /** Base addresses of all workers that are known. */
  readonly workers: readonly string[];
  readonly tokens: Access['tokens'] | null;
}

export function reachOf(context: CommandContext): Reach {
  const { settings, home } = context;
  const tokens = readAccess(home)?.tokens ?? null;
  const state = readRunState(home);
  if (state !== null) {
    const { brokers, services, outsideWorld } = state.addresses;
    return {
      brokers,
      login: {},
      lenders: state.lenders,
      partitions: state.partitions,
      intake: services.intake,
      decisioning: services.decisioning,
      disbursementLedger: services['disbursement-ledger'],
      outsideWorld,
      workers: Object.values(services),
      tokens,
    };
  }
  const { kafkaBrokers, intakeUrl, decisioningUrl, disbursementLedgerUrl } = settings;
  if (kafkaBrokers === undefined) {
    throw new Told(
      'Nothing runs here: start it with `npm start`, or set KAFKA_BROKERS to reach another system.',
    );
  }
  return {
    brokers: kafkaBrokers,
    login: loginOf(settings),
    lenders: settings.lenders,
    partitions: settings.partitions,
    intake: baseOf(intakeUrl),
    decisioning: baseOf(decisioningUrl),
    disbursementLedger: baseOf(disbursementLedgerUrl),
    outsideWorld: baseOf(settings.outsideWorldUrl),
    workers: [
      ...[intakeUrl, settings.patentVerificationUrl, settings.scoringUrl, decisioningUrl],
      ...[disbursementLedgerUrl, settings.gatewayUrl],
    ].flatMap((address) => baseOf(address) ?? []),
    tokens,
  };
}

/** A client of the log whose own talk stays off the terminal. */
export function openLog({ brokers, login }: Pick<Reach, 'brokers' | 'login'>): EventLog {
  const logger = { debug() {}, warn() {} };
  return connectKafka({ brokers, clientId: 'saidao-cli', logger, ...login });
}

/** The doors of the running system, as this command uses them. */
export function doorsOf(reach: Reach, log: EventLog, signal: AbortSignal): Doors {
  return openDoors({ ...reach, source: 'saidao/cli' }, log, signal);
}

/** Opens the log, hands it over, and closes it whatever came of it. */
export async function withLog<T>(
  reach: Pick<Reach, 'brokers' | 'login'>,
  work: (log: EventLog) => Promise<T>,
): Promise<T> {
  const log = openLog(reach);
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}

function baseOf(address: string | undefined): string | null {
  return address === undefined ? null : address.replace(/\/$/, '');
}
