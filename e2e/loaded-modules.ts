// Loaded before a worker's main.ts by a test alone: tells in its log what it loads of OpenTelemetry.
import { registerHooks } from 'node:module';

registerHooks({
  load(url, context, nextLoad) {
    // Of its API, which does nothing by itself, the client of Prometheus has need.
    if (/\/@opentelemetry\/(?!api\/)/.test(url)) {
      process.stdout.write(`${JSON.stringify({ msg: 'loaded of OpenTelemetry', url })}\n`);
    }
    return nextLoad(url, context);
  },
});
