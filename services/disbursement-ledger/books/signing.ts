// The key that signs the days of the books: Ed25519, from a seed of 32 bytes.
import { createPrivateKey, createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';

export interface Signer {
  /** The raw public key, 32 bytes. */
  readonly publicKey: Buffer;
  /** 64 bytes. */
  sign(bytes: Buffer): Buffer;
}

// What stands before the raw key in PKCS #8 and SPKI (RFC 8410); Node reads no raw keys.
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** A seed that is not 32 bytes is a RangeError. */
export function signerOf(seed: Buffer): Signer {
  if (seed.length !== 32) {
    throw new RangeError(`The seed of a signing key has 32 bytes, not ${seed.length}.`);
  }
  const key = createPrivateKey({
    key: Buffer.concat([PRIVATE_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: spki.subarray(PUBLIC_PREFIX.length),
    sign: (bytes) => sign(null, bytes, key),
  };
}

/** For a machine that tries Saidao: everybody knows its seed, so its signatures prove nothing. */
export const developmentSigner = signerOf(
  hash('sha256', 'the signing key of local runs of saidao', 'buffer'),
);

/** False also where the key or the signature is none. */
export function isSignedBy(publicKey: Buffer, bytes: Buffer, signature: Buffer): boolean {
  return publicKey.length === 32 && verify(null, bytes, publicKeyOf(publicKey), signature);
}

function publicKeyOf(raw: Buffer): KeyObject {
  return createPublicKey({
    key: Buffer.concat([PUBLIC_PREFIX, raw]),
    format: 'der',
    type: 'spki',
  });
}
