// `saidao patents`: checks application numbers, and values the patents of an application in a file.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { businessDateOf, parsePatentNumber, plainJson } from '@saidao/values';
import type { Command } from 'commander';
import { PROJECT_ROOT, type CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { annuityOf, appraisalOf, registerOf, type RegisterAccess, type Says } from '../register.ts';
import { readRunState } from '../run-state.ts';
import { Told } from '../told.ts';

export interface CheckedNumber {
  /** As it was typed. */
  readonly number: string;
  /** As the register spells it; of one whose check is wrong, as it was typed; null: it is none. */
  readonly normalForm: string | null;
  readonly valid: boolean;
  /** The check character that its digits want; null: no number, or one of before 1989 without. */
  readonly checkWanted: string | null;
  /** `unknown`: no such patent there; `failed`: it did not answer. */
  readonly registerSays: 'answered' | 'unknown' | 'failed' | 'not-asked';
  readonly register: Says;
}

const CHECK_HELP = `
The check needs no network. The register is asked where \`npm start\` runs, or at OUTSIDE_WORLD_URL.

Exit codes:
  0  every number is valid
  1  one is not, or the register does not answer
  2  the command line makes no sense`;

const VALUE_HELP = `
FILE is a sample (samples/*.json), whose register entries are taken from it, or the body of
POST /v1/applications, for whose patents the register is asked. Its date is the sample's, or
--on; nothing is written and nobody is told.

Exit codes:
  0  valued
  1  the register does not answer
  2  the file is no application`;

export function register(program: Command, context: CommandContext): void {
  const patents = program.command('patents').description('check and value patents by hand');
  patents
    .command('check')
    .description('is it a number, is its check right, and what does the register say')
    .argument('<numbers...>', 'application numbers in any spelling, as ZL201710601862.3')
    .option('--lender <id>', 'in whose account the register is asked')
    .option('--json', 'print it as one line of JSON')
    .addHelpText('after', CHECK_HELP)
    .action(async (numbers: readonly string[], options: { lender?: string; json?: true }) => {
      const access = accessOf(context, options.lender);
      const checked: CheckedNumber[] = [];
      for (const number of numbers) checked.push(await checkedOf(number, access, context.remark));
      if (options.json) context.print(plainJson(checked));
      else for (const line of checked.flatMap(linesOf)) context.print(line);
      const isDone = checked.every(({ valid, registerSays }) => valid && registerSays !== 'failed');
      process.exitCode = isDone ? EXIT.ok : EXIT.failed;
    });
  patents
    .command('value')
    .description('what the patents of an application are worth, and how that comes about')
    .argument('<file>', 'a sample, or the body of POST /v1/applications')
    .option('--on <date>', 'the business date, YYYY-MM-DD')
    .option('--lender <id>', 'in whose account the register is asked')
    .option('--json', 'print it as one line of JSON')
    .addHelpText('after', VALUE_HELP)
    .action(async (file: string, options: ValueOptions) => {
      const question = await questionOf(file, accessOf(context, options.lender), options.on);
      await runValuer(context, question, options.json === true);
      process.exitCode = EXIT.ok;
    });
}

interface ValueOptions {
  readonly on?: string;
  readonly lender?: string;
  readonly json?: true;
}

/** Undefined where no register is known: what needs none works all the same. */
function accessOf(context: CommandContext, lender: string | undefined): RegisterAccess | undefined {
  const { settings, home } = context;
  const address = readRunState(home)?.addresses.outsideWorld ?? settings.outsideWorldUrl;
  const lenderId = lender ?? settings.lenders[0] ?? '';
  return address === undefined ? undefined : { address: address.replace(/\/$/, ''), lenderId };
}

async function checkedOf(
  number: string,
  access: RegisterAccess | undefined,
  onFailed: (sentence: string) => void,
): Promise<CheckedNumber> {
  const parsed = parsePatentNumber(number);
  if (!parsed.ok) {
    const checkWanted = parsed.fault === 'check' ? parsed.expectedCheck : null;
    const normalForm = parsed.fault === 'check' ? spelledOf(number) : null;
    const unasked = { registerSays: 'not-asked', register: null } as const;
    return { number, normalForm, valid: false, checkWanted, ...unasked };
  }
  const normalForm = parsed.number;
  const checkWanted = normalForm.includes('.') ? normalForm.slice(-1) : null;
  const checked = { number, normalForm, valid: true, checkWanted };
  if (access === undefined) return { ...checked, registerSays: 'not-asked', register: null };
  let says: Says;
  try {
    says = await registerOf(access, normalForm);
  } catch (error) {
    // The others are told all the same.
    if (!(error instanceof Told)) throw error;
    onFailed(error.message);
    return { ...checked, registerSays: 'failed', register: null };
  }
  return { ...checked, registerSays: says === null ? 'unknown' : 'answered', register: says };
}

/** Without prefix and spaces, with the dot before its last character. */
function spelledOf(number: string): string {
  const bare = number.normalize('NFKC').replace(/[\s.]/gu, '').toUpperCase();
  return bare.replace(/^(?:ZL|CN)/, '').replace(/(.)$/u, '.$1');
}

function linesOf({ number, normalForm, valid, checkWanted, ...rest }: CheckedNumber): string[] {
  if (!valid) {
    const why =
      checkWanted === null
        ? 'is no Chinese patent application number, as ZL201710601862.3'
        : `fails its check: its digits want ${checkWanted}`;
    return [`${number} ${why}`];
  }
  const spelled = normalForm === number ? number : `${number} is ${normalForm}`;
  const { registerSays, register: says } = rest;
  if (registerSays === 'failed') return [`${spelled}: valid; the register did not answer`];
  if (registerSays === 'not-asked') return [`${spelled}: valid; the register was not asked`];
  if (says === null) return [`${spelled}: valid; the register knows no such patent`];
  const facts = Object.entries(says)
    .filter(([name]) => name !== 'number')
    .map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`);
  return [`${spelled}: valid; the register says`, ...facts];
}

/** What is known of a patent; null: they know no such one. */
interface AskedOf {
  readonly register: Says;
  readonly annuity: Says;
  readonly appraisal: Says;
}

/** What the service's valuer is given on its standard input. */
interface ValueQuestion {
  readonly businessDate: string;
  readonly submission: object;
  /** By number: the register's entry and through which year fees are paid; null: not known. */
  readonly patents: Readonly<Record<string, AskedOf>>;
}

type Entered = Says & { readonly number: string };

interface GivenFile {
  readonly businessDate?: string;
  readonly submission?: { readonly patents: readonly { readonly number: string }[] };
  readonly world?: {
    readonly register: readonly Entered[];
    readonly appraisals?: readonly Entered[];
  };
  readonly patents?: readonly { readonly number: string }[];
}

/** What an entry of a sample may leave out. */
const leftOut = {
  granted: null,
  suspended: false,
  licences: [],
  sameDay: null,
  compensationDays: 0,
  ipc: [],
  claims: null,
  citations: null,
  familyCountries: null,
  bars: [],
};

async function questionOf(
  file: string,
  access: RegisterAccess | undefined,
  on: string | undefined,
): Promise<ValueQuestion> {
  const given = readGiven(file);
  const submission = given.submission ?? given;
  const businessDate = on ?? given.businessDate ?? businessDateOf(Date.now());
  const patents: Record<string, AskedOf> = {};
  for (const { number } of submission.patents ?? []) {
    const parsed = parsePatentNumber(number);
    if (!parsed.ok) continue;
    const entered = given.world?.register.find((entry) => entry.number === parsed.number);
    if (entered !== undefined) {
      const paidThroughYear = entered['annuityPaidThroughYear'];
      const appraised = given.world?.appraisals?.find((one) => one.number === parsed.number);
      patents[parsed.number] = {
        register: { ...leftOut, ...entered },
        annuity: { paidThroughYear },
        appraisal: appraised ?? null,
      };
    } else if (access === undefined) {
      throw new Told(
        'Nobody can be asked about the patents: start it with `npm start`, or set OUTSIDE_WORLD_URL.',
      );
    } else {
      patents[parsed.number] = {
        register: await registerOf(access, parsed.number),
        annuity: await annuityOf(access, parsed.number),
        appraisal: await appraisalOf(access, parsed.number),
      };
    }
  }
  return { businessDate, submission, patents };
}

function readGiven(file: string): GivenFile {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Told(`${file} cannot be read as JSON: ${String(cause)}`, EXIT.usage, { cause });
  }
  const of = given as GivenFile | null;
  if (!Array.isArray((of?.submission ?? of)?.patents)) {
    throw new Told(
      `${file} is neither a sample nor the body of POST /v1/applications: it names no patents.`,
      EXIT.usage,
    );
  }
  return of as GivenFile;
}

/** The service values, in a process of its own: its rules are its own, and stand in one place. */
async function runValuer(
  context: CommandContext,
  question: ValueQuestion,
  json: boolean,
): Promise<void> {
  const script = join(PROJECT_ROOT, 'services/patent-verification/tools/value.ts');
  const child = spawn(process.execPath, [script, ...(json ? ['--json'] : [])], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let out = '';
  let fault = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (fault += chunk));
  child.stdin.end(plainJson(question));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  if (code !== 0) throw new Told(fault.trim() || 'The valuer failed.', EXIT.usage);
  for (const line of out.trimEnd().split('\n')) context.print(line);
}
