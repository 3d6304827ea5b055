// The settings of the schema registry: where it listens and how much it logs, as every worker has them.
import { settings } from '@saidao/config';
import { workerSettings } from '@saidao/worker';

const { httpHost, httpPort, logLevel } = workerSettings;

export const registrySettings = settings({ httpHost, httpPort, logLevel });
