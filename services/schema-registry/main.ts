// The process of the schema registry: reads the settings, opens the port, and closes it when told to.
import { ConfigError, readSettings } from '@saidao/config';
import { createLogger, createMetrics } from '@saidao/worker';
import closeWithGrace from 'close-with-grace';
import { buildRegistry } from './app.ts';
import { registrySettings } from './config.ts';

const service = 'schema-registry';
const firstLogger = createLogger({ service });
const STOP_MS_MAX = 10_000;

// Without await, so that it has no fault points: those are the workers'.
try {
  const {
    httpHost: host,
    httpPort: port,
    logLevel: level,
  } = readSettings(registrySettings, process.env);
  const logger = createLogger({ service, level });
  const app = buildRegistry({ logger, metrics: createMetrics({ service }) });
  closeWithGrace({ delay: STOP_MS_MAX, logger: false, skip: ['beforeExit'] }, ({ signal, err }) => {
    if (err !== undefined) logger.fatal({ err }, 'an error that nobody caught');
    logger.info({ signal }, 'the registry stops');
    return app.close();
  });
  app.listen({ host, port }).then(
    (address) => logger.info({ address }, `${service} runs`),
    (error: unknown) => fail(error),
  );
} catch (error) {
  fail(error);
}

function fail(error: unknown): void {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof ConfigError) firstLogger.fatal({ code: error.code }, message);
  else if (code === 'EADDRINUSE') firstLogger.fatal(`${message}. Set HTTP_PORT to a free port.`);
  else firstLogger.fatal({ err: error }, 'the registry cannot run');
  process.exitCode = 1;
}
