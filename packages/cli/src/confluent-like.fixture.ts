// A registry in memory that behaves as Confluent's does when it is written to; a process of its own.
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';

export interface Version {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly schema: string;
}

/** How it behaves, and what it holds at the start: the process's argument, as JSON. */
export interface Habits {
  readonly mode?: string;
  readonly modes?: Readonly<Record<string, string>>;
  /** False: no mode can be changed, as where `mode.mutability` is off. */
  readonly mutable?: boolean;
  /** True: takes the mode IMPORT and gives ids of its own all the same. */
  readonly ownIds?: boolean;
  /** The first registration of this id fails. */
  readonly failsOnceAt?: number;
  /** How long it takes over a registration. */
  readonly delayMs?: number;
  /** `user:password`; left out: everybody may. */
  readonly user?: string;
  readonly versions?: readonly Version[];
}

/** What `GET /state` answers. */
export interface State {
  readonly versions: readonly Version[];
  readonly modes: Readonly<Record<string, string>>;
  /** What changed something, or tried to. */
  readonly writes: readonly string[];
}

class Refused extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

class ConfluentLike {
  readonly #habits: Habits;
  readonly #versions: Version[];
  readonly #modes: Map<string, string>;
  readonly #writes: string[] = [];
  #failed = false;

  constructor(habits: Habits) {
    this.#habits = habits;
    this.#versions = [...(habits.versions ?? [])];
    this.#modes = new Map(Object.entries(habits.modes ?? {}));
  }

  answer(method: string, path: string, query: URLSearchParams, body: unknown): unknown {
    const [, kind, ...rest] = path.split('/').map(decodeURIComponent);
    if (method !== 'GET') this.#writes.push(`${method} ${decodeURIComponent(path)}`);
    if (kind === 'state') return this.#state();
    if (kind === 'schemas') return this.#byId(Number(rest[1]));
    if (kind === 'mode') return this.#mode(method, rest[0], query, body as { mode: string });
    const [subject = '', , version] = rest;
    if (method === 'POST') return this.#register(subject, body as Partial<Version>);
    return this.#version(subject, Number(version));
  }

  #state(): State {
    const modes = Object.fromEntries(this.#modes);
    return { versions: this.#versions, modes, writes: this.#writes };
  }

  #byId(id: number) {
    const found = this.#versions.find((one) => one.id === id);
    if (found === undefined) throw new Refused(40403, `Schema ${id} not found`);
    return { schema: inJavasSpelling(found.schema) };
  }

  #version(subject: string, version: number) {
    const all = this.#versions.filter((one) => one.subject === subject);
    if (all.length === 0) throw new Refused(40401, `Subject '${subject}' not found.`);
    const found = all.find((one) => one.version === version);
    if (found === undefined) throw new Refused(40402, `Version ${version} not found.`);
    return { ...found, schema: inJavasSpelling(found.schema) };
  }

  #mode(
    method: string,
    subject: string | undefined,
    query: URLSearchParams,
    body: { mode: string },
  ) {
    const { mode = 'READWRITE', mutable = true } = this.#habits;
    if (subject === undefined) return { mode };
    const own = this.#modes.get(subject);
    if (method === 'GET') {
      if (own !== undefined) return { mode: own };
      throw new Refused(40409, `Subject '${subject}' does not have subject-level mode configured`);
    }
    if (!mutable) throw new Refused(42205, 'Mode changes are not allowed');
    if (method === 'DELETE') {
      this.#modes.delete(subject);
      return { mode: own };
    }
    const held = this.#versions.some((one) => one.subject === subject);
    if (body.mode === 'IMPORT' && held && query.get('force') !== 'true') {
      throw new Refused(42205, 'Cannot import since found existing subjects');
    }
    this.#modes.set(subject, body.mode);
    return body;
  }

  #register(subject: string, { schema = '', id, version }: Partial<Version>) {
    const mode = this.#modes.get(subject) ?? this.#habits.mode ?? 'READWRITE';
    if (mode === 'READONLY') throw new Refused(42205, `Subject ${subject} is in read-only mode`);
    if ((id !== undefined) !== (mode === 'IMPORT')) {
      const needed = id === undefined ? 'read-write' : 'import';
      throw new Refused(42205, `Subject ${subject} is not in ${needed} mode`);
    }
    if (id === this.#habits.failsOnceAt && !this.#failed) {
      this.#failed = true;
      throw new Refused(50002, 'Register schema operation timed out');
    }
    const other = this.#versions.find((one) => one.id === id && one.schema !== schema);
    if (other !== undefined) {
      throw new Refused(42205, `Overwrite new schema with id ${id} is not permitted.`);
    }
    const highest = Math.max(0, ...this.#versions.map((one) => one.id));
    const given = this.#habits.ownIds === true ? highest + 1 : (id ?? highest + 1);
    this.#versions.push({ subject, schema, id: given, version: version ?? 1 });
    return { id: given };
  }
}

/** A type within another has its namespace without saying so. */
function inJavasSpelling(schema: string): string {
  const [first, ...more] = schema.split('"namespace":"saidao",');
  return more.length === 0 ? schema : `${first}"namespace":"saidao",${more.join('')}`;
}

function mayEnter(request: IncomingMessage, user: string | undefined): boolean {
  const wanted = `Basic ${Buffer.from(user ?? '').toString('base64')}`;
  return user === undefined || request.headers.authorization === wanted;
}

if (import.meta.main) {
  const habits = JSON.parse(process.argv[2] ?? '{}') as Habits;
  const registry = new ConfluentLike(habits);
  const server = createServer((request, response) => {
    const send = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    void text(request)
      .then(async (body) => {
        if (request.method === 'POST') await wait(habits.delayMs ?? 0);
        const { pathname, searchParams } = new URL(request.url ?? '/', 'http://registry');
        if (!mayEnter(request, habits.user)) throw new Refused(401, 'Unauthorized');
        const given: unknown = body === '' ? undefined : JSON.parse(body);
        send(200, registry.answer(request.method ?? '', pathname, searchParams, given));
      })
      .catch((error: unknown) => {
        const { code = 500, message } = error as Partial<Refused>;
        send(Number(String(code).slice(0, 3)), { error_code: code, message });
      });
  });
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number };
    process.stdout.write(`http://127.0.0.1:${port}\n`);
  });
}
