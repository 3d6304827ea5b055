// The unified social credit code of an organisation: normalising and both of its checks.

export type UsccFault = 'length' | 'alphabet' | 'check' | 'org-check';

export type UsccCheck =
  | { ok: true; uscc: string }
  | { ok: false; uscc: string | null; fault: UsccFault; expectedCheck?: string };

const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28] as const;
const orgWeights = [3, 7, 9, 10, 5, 8, 4, 2] as const;
const inputCharsMax = 64;

/**
 * Checks a unified social credit code: 18 characters without I, O, S, V, Z.
 *
 * Source: GB 32100-2015 (check character 18, modulus 31) and GB 11714 (characters 9 to 17, an
 * organisation code with its own check, modulus 11). Certainty: found and checked by script.
 * Real codes can fail, as 91350203M0001QAY9B does, so a failure leads to a referral, never to a
 * decline. `uscc` is the normalised code, or null when it cannot be one.
 */
export function checkUscc(text: string): UsccCheck {
  if (text.length > inputCharsMax) return { ok: false, uscc: null, fault: 'length' };
  const uscc = text.normalize('NFKC').replace(/[\s-]/gu, '').toUpperCase();
  if (uscc.length !== 18) return { ok: false, uscc: null, fault: 'length' };
  if (![...uscc].every((char) => alphabet.includes(char))) {
    return { ok: false, uscc: null, fault: 'alphabet' };
  }
  const check = checkOf(uscc);
  if (uscc[17] !== check) return { ok: false, uscc, fault: 'check', expectedCheck: check };
  const orgCheck = orgCheckOf(uscc);
  if (uscc[16] !== orgCheck)
    return { ok: false, uscc, fault: 'org-check', expectedCheck: orgCheck };
  return { ok: true, uscc };
}

/**
 * The code with these 16 characters (registrar, kind, region, organisation) and both its checks.
 * For made-up enterprises: the codes of real ones come from their registrar.
 */
export function usccWithChecks(first16: string): string {
  if (first16.length !== 16 || ![...first16].every((char) => alphabet.includes(char))) {
    throw new RangeError(`${first16} are not the 16 characters of a code without its checks`);
  }
  const organised = `${first16}${orgCheckOf(first16)}`;
  return `${organised}${checkOf(organised)}`;
}

function checkOf(uscc: string): string {
  const sum = weights.reduce(
    (total, weight, index) => total + weight * alphabet.indexOf(uscc.charAt(index)),
    0,
  );
  return alphabet.charAt((31 - (sum % 31)) % 31);
}

function orgCheckOf(uscc: string): string {
  const sum = orgWeights.reduce(
    (total, weight, index) => total + weight * Number.parseInt(uscc.charAt(8 + index), 36),
    0,
  );
  const check = (11 - (sum % 11)) % 11;
  return check === 10 ? 'X' : check.toString();
}
