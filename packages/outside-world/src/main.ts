// The process: reads the settings, opens the book and the port, and closes both at once when told to.
import { ConfigError, readSettings } from '@saidao/config';
import { pino } from 'pino';
import { buildOutsideWorld } from './app.ts';
import { contradictionsOf, outsideWorldSettings } from './config.ts';

const logger = pino({ name: 'outside-world' });

try {
  const read = readSettings(outsideWorldSettings, process.env, contradictionsOf);
  const { port, host, businessDate, payoutCallbackUrl, payoutCallbackSecret, ...settings } = read;
  const app = await buildOutsideWorld({
    ...settings,
    ...(businessDate !== undefined && { businessDate }),
    ...(payoutCallbackUrl !== undefined &&
      payoutCallbackSecret !== undefined && {
        payoutCallback: { url: payoutCallbackUrl, secret: payoutCallbackSecret.reveal() },
      }),
    logger,
  });
  let closing = false;
  const stop = (signal: NodeJS.Signals) => {
    if (closing) return;
    closing = true;
    logger.info({ signal }, 'stopping');
    app.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  await app.listen({ port, host });
} catch (error) {
  fail(error);
}

function fail(error: unknown): void {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    logger.fatal(`${message}. Stop what listens there, or set OUTSIDE_WORLD_PORT to a free port.`);
  } else if (error instanceof ConfigError) {
    logger.fatal(message);
  } else {
    logger.fatal({ err: error }, 'the outside world cannot run');
  }
  process.exit(1);
}
