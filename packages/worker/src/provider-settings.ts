// The settings by which a provider is found and called, and how one is made of them.
import { durationMsBetween, integer, url, type Setting } from '@saidao/config';
import { factHttp, factProbe, type FactApi } from './fact-http.ts';
import type { Caller } from './ask-logged.ts';
import type { FactSource } from './fact-source.ts';
import type { Provider, ProviderOptions } from './provider.ts';
import type { WorkerContext } from './start.ts';

export interface ProviderPlace<Key extends string> {
  /** How its settings begin, here and in the environment. */
  readonly key: Key;
  readonly env: string;
  /** Below the address of the simulated outside world. */
  readonly path: string;
  /** Who it is, and what is missing without it. */
  readonly doc: string;
}

export type CallTable<Key extends string> = {
  readonly [K in `${Key}Url`]: Setting<string> & { readonly optional: true };
} & {
  readonly [K in `${Key}${'DeadlineMs' | 'CallsAtOnceMax' | 'CallsPerSecondMax'}`]: Setting<number>;
};
/** Where a provider is, and how it is called. */
export function callSettings<const Key extends string>({
  key,
  env,
  path,
  doc,
}: ProviderPlace<Key>) {
  return {
    [`${key}Url`]: {
      env: `${env}_URL`,
      parse: url,
      optional: true,
      example: `http://localhost:18090/${path}`,
      doc,
    },
    [`${key}DeadlineMs`]: {
      env: `${env}_DEADLINE_MS`,
      parse: durationMsBetween(50, 10_000),
      default: '1s',
      example: '1s',
      doc: 'How long one question there may take, with a second try.',
    },
    [`${key}CallsAtOnceMax`]: {
      env: `${env}_CALLS_AT_ONCE_MAX`,
      parse: integer(1, 1_000),
      default: '64',
      example: '16',
      doc: 'Questions there at once, of one process for one lender; more wait their turn.',
    },
    [`${key}CallsPerSecondMax`]: {
      env: `${env}_CALLS_PER_SECOND_MAX`,
      parse: integer(1, 100_000),
      default: '2000',
      example: '50',
      doc: 'Calls there in a second, of one process for one lender; set it to what was agreed.',
    },
  } as unknown as CallTable<Key>; // Names that are made widen to string.
}

/** A turn gathers within a third of the session; one event must be done somewhat earlier. */
export function gatherMsMaxOf({ sessionTimeoutMs }: { readonly sessionTimeoutMs: number }): number {
  return Math.floor((sessionTimeoutMs / 3) * 0.8);
}

/** What was read by `callSettings` and `outsideWorldSettings`. */
export type CallSettings<Key extends string> = {
  readonly [K in `${Key}Url`]?: string | undefined;
} & {
  readonly [K in `${Key}${'DeadlineMs' | 'CallsAtOnceMax' | 'CallsPerSecondMax'}`]: number;
} & { readonly outsideWorldUrl?: string | undefined };

/** A source of facts, and whom it asks. */
export interface Facts<Subject, Says> {
  readonly provider: Provider;
  readonly api: FactApi<Subject, Says>;
  readonly source: FactSource<Subject, Says>;
}

/** How a process asks its providers: by its settings, writing its calls down as `caller` says. */
export function askedBy<Key extends string>(
  context: Pick<WorkerContext<CallSettings<Key>>, 'settings' | 'provider' | 'logger'>,
  places: Readonly<Record<Key, ProviderPlace<Key>>>,
  caller: Omit<Caller, 'provider'>,
) {
  const { outsideWorldUrl } = context.settings;
  // By names that are made, which TypeScript does not follow through a type parameter.
  const urls = context.settings as Readonly<Record<string, unknown>> as Readonly<
    Record<string, string | undefined>
  >;
  const numbers = context.settings as Readonly<Record<string, unknown>> as Readonly<
    Record<string, number>
  >;

  function placeOf(key: Key): string | undefined {
    return urls[`${key}Url`] ?? (outsideWorldUrl && `${outsideWorldUrl}/${places[key].path}`);
  }

  /** An institution without an address is one that no lender has access to. */
  function provider(key: Key, name: string, probe?: ProviderOptions['probe']): Provider {
    const place = placeOf(key);
    if (place === undefined) context.logger.warn({ reason: name }, 'no address is configured');
    return context.provider({
      name,
      deadlineMs: numbers[`${key}DeadlineMs`] as number,
      concurrencyMax: numbers[`${key}CallsAtOnceMax`] as number,
      callsPerSecondMax: numbers[`${key}CallsPerSecondMax`] as number,
      configured: () => place !== undefined,
      ...(probe !== undefined && { probe }),
    });
  }

  return {
    urlOf: (key: Key) => placeOf(key) ?? '',
    caller: (key: Key, name: string): Caller => ({ ...caller, provider: provider(key, name) }),
    facts<Subject, Says>(
      key: Key,
      name: string,
      api: FactApi<Subject, Says>,
    ): Facts<Subject, Says> {
      const from = provider(key, name, factProbe(api));
      return { provider: from, api, source: factHttp(api, { ...caller, provider: from }) };
    },
  };
}
