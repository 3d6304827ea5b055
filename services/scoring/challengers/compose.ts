// Puts the shadow line together from the settings and the register of models; without challengers none.
import { fileURLToPath } from 'node:url';
import type { SettingsOf } from '@saidao/config';
import type { AnyLine, WorkerContext } from '@saidao/worker';
import type { Model } from '../register.ts';
import { httpModel } from './adapters/http-model.ts';
import { onnxModel } from './adapters/onnx-model.ts';
import type { Challenger } from './ports.ts';
import type { challengerSettings } from './settings.ts';
import type { ChallengerModel, GradeOf } from './shadow.decide.ts';
import { shadowLine } from './shadow.worker.ts';

/** Of a model in the register what is needed here. */
export type Registered = Pick<
  Model,
  'id' | 'version' | 'kind' | 'digest' | 'status' | 'role' | 'file'
>;

export type ShadowContext = Pick<
  WorkerContext<SettingsOf<typeof challengerSettings>>,
  'settings' | 'provider' | 'logger' | 'onStop'
>;

const modelsFolder = fileURLToPath(new URL('../models/', import.meta.url));

/** As many questions at once as events are gathered for, for each lender. */
const CONCURRENT_MAX = 64;

/** An error names every fault of the setting: the worker does not start with a model in doubt. */
export function composeShadow(
  context: ShadowContext,
  models: readonly Registered[],
  gradeOf: GradeOf,
): AnyLine[] {
  const named = (context.settings.challengers ?? []).map((setting) =>
    challengerOf(setting, models),
  );
  const faults = [...named.flatMap(faultsOf), ...repeated(named)];
  if (faults.length > 0) throw new Error(`CHALLENGERS cannot be used: ${faults.join('; ')}.`);
  const challengers = named.map((one) => open(one, context));
  return challengers.length === 0 ? [] : [shadowLine(challengers, gradeOf)];
}

interface Named {
  /** As registered. */
  readonly model: ChallengerModel;
  readonly url: string;
  readonly registered: Registered | undefined;
}

function challengerOf(setting: string, models: readonly Registered[]): Named {
  const parts = /^(\w+):([^@]+)@(\d+)(?:=(.+))?$/.exec(setting) ?? [];
  const [, kind, id = '', number, url = ''] = parts;
  const version = Number(number);
  const registered = models.find((one) => one.id === id && one.version === version);
  // Of one that runs elsewhere the digest is that of its description: no more of it is here.
  const digest = registered?.digest ?? '';
  return {
    model: { id, version, kind: kind === 'onnx' ? 'onnx' : 'http', digest },
    url,
    registered,
  };
}

function repeated(named: readonly Named[]): string[] {
  const refs = named.map(({ model }) => `${model.id}@${model.version}`);
  const twice = refs.filter((ref, at) => refs.indexOf(ref) < at);
  return [...new Set(twice)].map((ref) => `${ref} stands twice`);
}

function faultsOf({ model, registered }: Named): string[] {
  const ref = `${model.id}@${model.version}`;
  if (registered === undefined) return [`${ref} is not registered`];
  const { kind, role, status } = registered;
  if (kind !== model.kind) return [`${ref} is registered as ${kind}`];
  if (role !== 'challenger') return [`${ref} is registered as ${role}`];
  return status === 'draft' || status === 'retired' ? [`${ref} is ${status}`] : [];
}

function open({ model, url, registered }: Named, context: ShadowContext): Challenger {
  const { settings, logger } = context;
  const provider = context.provider({
    name: `challenger-${model.id}-${model.version}`,
    deadlineMs: settings.challengerDeadlineMs,
    concurrencyMax: CONCURRENT_MAX,
  });
  if (model.kind === 'http') return httpModel({ model, url, provider });
  const path = `${modelsFolder}${registered?.file ?? ''}`;
  const opened = onnxModel({ model, path, provider, logger });
  context.onStop(() => opened.stop());
  return opened;
}
