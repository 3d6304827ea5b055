// The patent register over HTTP.
import { askJson, ProviderError, type JsonAnswer, type Provider } from '@saidao/worker';
import { isBusinessDate } from '@saidao/values';
import { Type } from 'typebox';
import type { RegisterSays } from '../patents/grounds.ts';
import type { PatentRegister } from '../ports.ts';
import { askOnce, isNone, readerOf } from './http.ts';

const readEntry = readerOf(
  Type.Object({
    number: Type.String(),
    kind: Type.Enum(['invention', 'utility-model', 'design']),
    filed: Type.String(),
    status: Type.Enum([
      'published',
      'in-examination',
      'granted',
      'in-invalidation',
      'invalidated',
      'terminated',
      'withdrawn',
      'deemed-withdrawn',
      'rejected',
    ]),
    owners: Type.Array(Type.Object({ name: Type.String(), uscc: Type.String() }), {
      minItems: 1,
      maxItems: 100,
    }),
    annuity: Type.Enum(['paid', 'grace', 'unpaid']),
    pledged: Type.Boolean(),
    preserved: Type.Boolean(),
    coOwnersConsent: Type.Union([Type.Boolean(), Type.Null()]),
  }),
);

export interface RegisterHttpOptions {
  readonly provider: Provider;
  /** Patents are asked for at `<url>/patents/<number>`. */
  readonly url: string;
  /** A patent that can always be asked about; whether the register knows it does not matter. */
  readonly controlNumber: string;
}

export function registerHttp({
  provider,
  url,
  controlNumber,
}: RegisterHttpOptions): PatentRegister {
  return {
    patent: (number, question) =>
      askOnce(provider, number, question, (signal) => askAbout(url, number, signal)),
    async control({ lenderId, signal }) {
      const call = registerProbe({ url, controlNumber });
      await provider.ask(lenderId, 'control', (inner) => call(lenderId, inner), { signal });
    },
    answeredAtMs: (lenderId) => provider.lastAnsweredAtMs(lenderId) ?? null,
  };
}

/** Finds out whether the register answers; also how a paused line learns that it is back. */
export function registerProbe({
  url,
  controlNumber,
}: Omit<RegisterHttpOptions, 'provider'>): (
  lenderId: string,
  signal: AbortSignal,
) => Promise<RegisterSays> {
  return (_lenderId, signal) => askAbout(url, controlNumber, signal);
}

async function askAbout(url: string, number: string, signal: AbortSignal): Promise<RegisterSays> {
  const address = `${url}/patents/${encodeURIComponent(number)}`;
  return readSays(await askJson({ method: 'GET', url: address }, signal), number);
}

function readSays(answer: JsonAnswer, number: string): RegisterSays {
  if (isNone(answer, 'patent-unknown')) return { known: false };
  if (answer.status !== 200) {
    throw new ProviderError('garbage', `answered with status ${answer.status}`);
  }
  const read = readEntry(answer);
  if (read.number !== number) {
    throw new ProviderError('garbage', `answered about ${read.number}, not about ${number}`);
  }
  if (!isBusinessDate(read.filed)) {
    throw new ProviderError('garbage', 'answered with a filing date that does not exist');
  }
  // Copied field by field: what the register says beyond these is not ours to keep.
  const { kind, filed, status, annuity, pledged, preserved, coOwnersConsent } = read;
  const owners = read.owners.map(({ name, uscc }) => ({ name, uscc }));
  return {
    known: true,
    entry: { number, kind, filed, status, owners, annuity, pledged, preserved, coOwnersConsent },
  };
}
