// Certificates for one run of a test: an authority of its own, and a server that it vouches for.
import { generate } from 'selfsigned';

export interface Certificates {
  /** All PEM. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** For a server on this machine, by name and by address; valid for a day. */
export async function certificatesForTests(): Promise<Certificates> {
  const ca = await generate([{ name: 'commonName', value: 'Authority of a test' }], {
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { authority: ca.cert, certificate: server.cert, key: server.private };
}
