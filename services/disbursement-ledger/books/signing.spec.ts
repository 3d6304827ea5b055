// Keys that sign the days: raw Ed25519 as others know it, and nothing passes that was not signed.
import { describe, expect, it } from 'vitest';
import { isSignedBy, signerOf } from './signing.ts';

// The first test vectors of RFC 8032, s. 7.1.
const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const publicKey = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const signature =
  'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b' +
  'd25bf5f0595bbe24655141438e7a100b';

describe('a signer', () => {
  it('signs as RFC 8032 says', () => {
    const signer = signerOf(seed);
    expect(signer.publicKey.toString('hex')).toBe(publicKey);
    expect(signer.sign(Buffer.alloc(0)).toString('hex')).toBe(signature);
  });

  it('has a seed of 32 bytes', () => {
    expect(() => signerOf(Buffer.alloc(31))).toThrow(RangeError);
  });

  it('is believed for what it signed alone', () => {
    const signer = signerOf(seed);
    const bytes = Buffer.from('a digest');
    const signed = signer.sign(bytes);
    expect(isSignedBy(signer.publicKey, bytes, signed)).toBe(true);
    expect(isSignedBy(signer.publicKey, Buffer.from('another'), signed)).toBe(false);
    expect(isSignedBy(signerOf(Buffer.alloc(32)).publicKey, bytes, signed)).toBe(false);
    expect(isSignedBy(signer.publicKey, bytes, Buffer.alloc(64))).toBe(false);
    expect(isSignedBy(Buffer.alloc(31), bytes, signed)).toBe(false);
  });
});
