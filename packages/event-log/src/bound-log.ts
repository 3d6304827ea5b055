// An event log to be wrapped: its methods as an object of their own.
import type { EventLog } from './port.ts';

/** Its methods, which a spread of an object of a class would leave behind. */
export function boundLog(log: EventLog): EventLog {
  return {
    send: (...given) => log.send(...given),
    consumeLanes: (...given) => log.consumeLanes(...given),
    scan: (...given) => log.scan(...given),
    follow: (...given) => log.follow(...given),
    createTopics: (...given) => log.createTopics(...given),
    ranges: (...given) => log.ranges(...given),
    lag: (...given) => log.lag(...given),
    close: () => log.close(),
  };
}
