// What the desk answers from the register of policies: list, show, differences, history.
import { differencesOf, type Difference } from '@saidao/register';
import { policyFolder, readPolicy, readRegister } from '../adapters/policy-files.ts';
import { versionsIn, type Versioned } from '../policies/register.ts';
import { DeskFault } from './fault.ts';

const DIGEST_SHOWN = 12;

export function listOf(folder: string = policyFolder) {
  return versionsIn(readRegister(folder)).map(summaryOf);
}

/** The entry of one version, and all that its documents say. */
export function shown(ref: string, folder: string = policyFolder) {
  const version = versionNamed(ref, folder);
  const { manifest, ...documents } = readPolicy(folder, version.file);
  return {
    ...summaryOf(version),
    digest: version.digest,
    source: version.source,
    files: { products: manifest.products, tables: manifest.tables, reasons: manifest.reasons },
    rules: manifest.rules,
    products: documents.products,
    tables: documents.tables,
  };
}

/** Place by place: in the register's entries and in all documents. */
export function differenceOf(a: string, b: string, folder: string = policyFolder): Difference[] {
  return differencesOf(comparedOf(a, folder), comparedOf(b, folder));
}

function comparedOf(ref: string, folder: string) {
  const { ref: _ref, lenderId: _lender, ...entry } = versionNamed(ref, folder);
  const { manifest, products, tables, reasons } = readPolicy(folder, entry.file);
  const { rules, source } = manifest;
  return {
    entry,
    source,
    rules,
    // By what they are, not by where they lie: a product that moved has not changed.
    products: Object.fromEntries(products.map((product) => [product.id, product])),
    tables,
    reasons,
  };
}

export interface HistoryLine {
  readonly at: string;
  readonly ref: string;
  readonly what: string;
}

/** Who did what to a lender's policies, and on what it stood; oldest first. */
export function historyOf(lenderId: string, folder: string = policyFolder): HistoryLine[] {
  const versions = versionsIn(readRegister(folder)).filter((one) => one.lenderId === lenderId);
  if (versions.length === 0) throw new DeskFault(`There is no policy of ${lenderId}.`);
  const lines = versions.flatMap(linesOf);
  return lines.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
}

function linesOf({
  ref,
  role,
  approvals,
  testRun,
  validFrom,
  validTo,
  ended,
  sharePpm,
}: Versioned) {
  const lines: HistoryLine[] = [];
  const add = (at: string, what: string) => lines.push({ at, ref, what });
  if (testRun !== null) {
    const { id, since, until, applications, flips, by, at } = testRun;
    add(
      at,
      `tried by ${by}: run ${id}, ${since} to ${until}, ` +
        `${applications} applications, ${flips} flips`,
    );
  }
  for (const { by, at } of approvals) add(at, `approved by ${by}`);
  const share = sharePpm === null ? '' : ` for ${sharePpm / 10_000} % of new applications`;
  if (validFrom !== null && (validTo === null || validTo >= validFrom)) {
    add(validFrom, `in force as ${role}${share}`);
  }
  if (ended !== null) add(ended.at, `ended by ${ended.by}`);
  if (validTo !== null) add(validTo, 'in force for the last day');
  return lines;
}

export function versionNamed(ref: string, folder: string): Versioned {
  const versions = versionsIn(readRegister(folder));
  const found = versions.find((version) => version.ref === ref);
  if (found !== undefined) return found;
  const refs = versions.map((version) => version.ref).join(', ');
  throw new DeskFault(`There is no policy ${ref}; there are ${refs}.`);
}

function summaryOf(version: Versioned) {
  const { ref, lenderId, status, role, sharePpm, owner, validFrom, validTo, approvals } = version;
  const digest = version.digest.slice(0, DIGEST_SHOWN);
  const { testRun, ended } = version;
  return {
    ref,
    lenderId,
    status,
    role,
    sharePpm,
    owner,
    validFrom,
    validTo,
    digest,
    approvals,
    testRun,
    ended,
  };
}
