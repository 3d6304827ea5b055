// `saidao schemas`: the schemas of this release, and their way into a registry of somebody else's.
import { lockedSchemas } from '@saidao/schemas';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { ForeignRegistry } from '../foreign-registry.ts';
import { plainJson } from '@saidao/values';
import { modeOf, planPush, push, schemasToPush, type PushedSchema } from '../schema-push.ts';
import { table } from '../table.ts';
import { Told } from '../told.ts';

const LENDER_ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

const PUSH_HELP = `
URL is a registry that answers as Confluent's does, as http://localhost:8081; user:password@ may
stand in it.
Each schema keeps its id and version, for which its subject is set to the mode IMPORT while it is
registered. What is there already is left as it is. Where an id or a version is taken by another
schema, or a subject is read-only, nothing is sent.

Exit codes:
  0    all schemas are there now; with --dry-run: nothing is in the way
  1    refused, by us or by the registry; what was sent before is told
  130  interrupted, between one schema and the next`;

export function register(program: Command, context: CommandContext): void {
  const schemas = program
    .command('schemas')
    .description('the schemas of all events: list, show, push to a registry');
  schemas
    .command('list')
    .description('id, subject and version of each, and whether this release reads and writes it')
    .option('--json', 'print it as one line of JSON')
    .action((options: { json?: true }) => list(context, options.json === true));
  schemas
    .command('show')
    .description('a schema in full')
    .argument('<id>', 'the id that stands in records')
    .option('--json', 'print it as one line of JSON')
    .action((id: string, options: { json?: true }) => show(context, id, options.json === true));
  schemas
    .command('push')
    .description('fill an external registry, keeping ids')
    .argument('<url>', 'address of the registry')
    .option('--lender <id...>', 'lenders whose topics get subjects (LENDERS)')
    .option('--dry-run', 'say what would be registered, and what is in the way')
    .option('--json', 'print it as one line of JSON')
    .addHelpText('after', PUSH_HELP)
    .action(async (url: string, options: PushOptions) => {
      process.exitCode = await pushTo(context, new ForeignRegistry(url), options);
    });
}

function list(context: CommandContext, json: boolean): void {
  const rows = lockedSchemas.map(({ schema: _schema, ...row }) => row);
  if (json) return context.print(plainJson(rows));
  const cells = rows.map(({ id, subject, version, reads, writes }) => [
    String(id),
    subject,
    String(version),
    [reads && 'reads', writes && 'writes'].filter(Boolean).join(', '),
  ]);
  for (const line of table([['id', 'subject', 'version', 'this release'], ...cells], '')) {
    context.print(line);
  }
}

function show(context: CommandContext, id: string, json: boolean): void {
  const found = lockedSchemas.find((one) => String(one.id) === id);
  if (found === undefined) {
    throw new Told(`No schema has the id ${id}; \`saidao schemas list\` has them all.`);
  }
  context.print(json ? plainJson(found) : JSON.stringify(found.schema, null, 2));
}

interface PushOptions {
  readonly lender?: string[];
  readonly dryRun?: boolean;
  readonly json?: true;
}

async function pushTo(
  context: CommandContext,
  registry: ForeignRegistry,
  { lender, dryRun = false, json }: PushOptions,
): Promise<number> {
  for (const one of lender ?? []) {
    if (!LENDER_ID.test(one)) throw new Told(`${one} is no lender id, as czb-hz.`, EXIT.usage);
  }
  const wanted = schemasToPush(lender ?? context.settings.lenders);
  const mode = await modeOf(registry);
  const { there, missing, conflicts } = await planPush(registry, wanted);
  const count = `${there.length} of ${wanted.length} are there`;
  if (/^READONLY/.test(mode) && !dryRun) {
    throw new Told(`${registry.address} is read-only (${mode}): ${count}, and nothing was sent.`);
  }
  if (conflicts.length > 0) {
    const all = conflicts.map((one) => `- ${one}`).join('\n');
    throw new Told(`${registry.address} cannot be filled; nothing was sent:\n${all}`);
  }
  const registered: PushedSchema[] = [];
  const stopping = new AbortController();
  // Not in the middle of one: its subject would stay open.
  const stop = () => stopping.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  try {
    const note = (one: PushedSchema) => void registered.push(one);
    if (!dryRun) await push(registry, missing, note, stopping.signal);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
    if (json) context.print(plainJson(told(registry, dryRun, there, missing, registered)));
    else tell(context, dryRun ? missing : registered, dryRun);
  }
  const done = dryRun ? `${missing.length} would be registered` : `${registered.length} registered`;
  context.remark(`${count} already, ${done}.`);
  return EXIT.ok;
}

function told(
  { address }: ForeignRegistry,
  dryRun: boolean,
  there: readonly PushedSchema[],
  missing: readonly PushedSchema[],
  registered: readonly PushedSchema[],
) {
  const plain = (all: readonly PushedSchema[]) => all.map(({ schema: _schema, ...one }) => one);
  return {
    registry: address,
    dryRun,
    there: there.length,
    missing: plain(missing.filter((one) => !registered.includes(one))),
    registered: plain(registered),
  };
}

function tell(context: CommandContext, all: readonly PushedSchema[], dryRun: boolean): void {
  const word = dryRun ? 'would register' : 'registered';
  const rows = all.map(({ id, subject, version }) => [
    word,
    String(id),
    subject,
    `version ${version}`,
  ]);
  for (const line of table(rows, '')) context.print(line);
}
