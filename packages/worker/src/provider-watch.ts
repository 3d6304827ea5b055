// Pauses the lines that need a provider while it fails for every lender, and lets them go on.
import type { Provider } from './provider.ts';

export interface Pausable {
  pause(reason: string): void;
  resume(reason: string): void;
}

export interface ProviderWatch {
  stop(): void;
}

const LOOK_EVERY_MS = 250;

/**
 * A breaker that is open for all is tried after its wait: by the provider's probe while the lines
 * stay paused, or else by the lines' next turns.
 */
export function watchProvider(provider: Provider, lines: readonly Pausable[]): ProviderWatch {
  const reason = `${provider.name} fails for every lender`;
  let timer: NodeJS.Timeout | undefined;
  let paused = false;
  let stopped = false;

  const look = () => {
    timer = undefined;
    if (stopped || provider.isOpenForAll()) return lookLater();
    if (!provider.hasProbe) return goOn();
    void provider.probe().then((back) => (back ? goOn() : lookLater()));
  };
  const lookLater = () => {
    if (!stopped) timer = setTimeout(look, LOOK_EVERY_MS);
  };
  const goOn = () => {
    timer = undefined;
    paused = false;
    for (const line of lines) line.resume(reason);
  };

  const onState = () => {
    if (paused || stopped || !provider.isOpenForAll()) return;
    paused = true;
    for (const line of lines) line.pause(reason);
    lookLater();
  };
  provider.on('state', onState);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      provider.off('state', onState);
    },
  };
}
