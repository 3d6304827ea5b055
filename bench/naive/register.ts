// Preloaded before a service's main.ts: hands it the naive runWorker in the place of the line's.
import { registerHooks } from 'node:module';

const SERVICE_MAIN = /\/services\/[^/]+\/main\.ts$/;

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === '@saidao/worker' && SERVICE_MAIN.test(context.parentURL ?? '')) {
      return nextResolve(new URL('worker.ts', import.meta.url).href, context);
    }
    return nextResolve(specifier, context);
  },
});
