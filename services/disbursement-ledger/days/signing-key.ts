// The key that signs closed days, as a setting; without one the key that everybody knows.
import { secretOf, textLike, type Secret } from '@saidao/config';
import type { Logger } from '@saidao/worker';
import { developmentSigner, signerOf, type Signer } from '../books/signing.ts';

export const signingSettings = {
  ledgerSigningKey: {
    env: 'LEDGER_SIGNING_KEY',
    parse: secretOf(textLike(/^[A-Za-z0-9+/]{43}=$/, '32 bytes in base64')),
    optional: true,
    example: 'ZXhhbXBsZSBvZiBhIHNlZWQgb2YgdGhpcnR5LXR3byE=',
    doc:
      'Seed of the Ed25519 key that signs closed days of the books; left out: a key that everybody ' +
      'knows, whose signatures prove nothing.',
  },
} as const;

/** Told in the log where signatures prove nothing. */
export function signerFrom(
  { ledgerSigningKey }: { readonly ledgerSigningKey?: Secret<string> | undefined },
  logger: Pick<Logger, 'warn'>,
): Signer {
  if (ledgerSigningKey !== undefined) {
    return signerOf(Buffer.from(ledgerSigningKey.reveal(), 'base64'));
  }
  logger.warn('LEDGER_SIGNING_KEY is not set: days are signed by a key that everybody knows');
  return developmentSigner;
}
