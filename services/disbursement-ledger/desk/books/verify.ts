// Verifies the books as somebody asks for it: by which keys, and what was found, in plain values.
import { formatYuan } from '@saidao/values';
import { developmentSigner } from '../../books/signing.ts';
import { verifyBooks, type VerifiedLender } from '../../books/verify/verify.ts';
import { withBooks } from '../database.ts';
import { DeskFault } from '../fault.ts';
import { lendersOf } from './asked.ts';

export interface VerifyQuestion {
  readonly databaseUrl: string;
  readonly lender: string | null;
  /** The raw Ed25519 keys that days may be signed by, in hex; none: the one of local runs. */
  readonly keys: readonly string[];
}

export interface VerifyAnswer {
  readonly lenders: readonly {
    readonly lender: string;
    readonly chains: number;
    readonly entries: number;
    readonly postings: number;
    readonly days: number;
    readonly loans: number;
    readonly balances: readonly {
      readonly account: string;
      readonly currency: string;
      readonly debits: string;
      readonly credits: string;
      readonly balance: string;
    }[];
  }[];
  /** The first of a chain is its first broken link. */
  readonly faults: readonly {
    readonly kind: string;
    readonly lender: string;
    readonly lane: number | null;
    readonly seq: string | null;
    readonly entry: string | null;
    readonly says: string;
  }[];
  readonly areMore: boolean;
  /** The signatures prove nothing: everybody has the key of local runs. */
  readonly isDevelopmentKey: boolean;
  readonly seconds: number;
}

export async function verifyAnswer(question: VerifyQuestion): Promise<VerifyAnswer> {
  const { databaseUrl, lender, keys } = question;
  const trusted = keys.map(keyOf);
  const isDevelopmentKey = trusted.length === 0;
  const trustedKeys = isDevelopmentKey ? [developmentSigner.publicKey] : trusted;
  const begunMs = performance.now();
  return withBooks(databaseUrl, async (database) => {
    // Also where the lender's accounts were taken away: its chains are looked at.
    const asked = { trustedKeys, ...(lender !== null && { lenders: [lender] }) };
    const { faults, areMore, ...verified } = await verifyBooks(database, asked);
    if (verified.lenders.some(isUnknown)) await lendersOf(database, lender);
    return {
      lenders: verified.lenders.map(lenderTold),
      faults: faults.map(({ lenderId, entryId, seq, ...fault }) => ({
        ...fault,
        lender: lenderId,
        seq: seq === null ? null : String(seq),
        entry: entryId,
      })),
      areMore,
      isDevelopmentKey,
      seconds: (performance.now() - begunMs) / 1_000,
    };
  });
}

function isUnknown({ chains, balances }: VerifiedLender): boolean {
  return chains === 0 && balances.length === 0;
}

function lenderTold({ lenderId, balances, ...counts }: VerifiedLender) {
  return {
    lender: lenderId,
    ...counts,
    balances: balances.map(({ account, currency, debitFen, creditFen, balanceFen }) => ({
      ...{ account, currency },
      debits: formatYuan(debitFen),
      credits: formatYuan(creditFen),
      balance: formatYuan(balanceFen),
    })),
  };
}

function keyOf(text: string): Buffer {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  throw new DeskFault(`${text} is no Ed25519 key: write its 32 bytes as 64 hex digits.`);
}
