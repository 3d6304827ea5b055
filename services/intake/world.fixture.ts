// The real outside world on a free port, told of the persons and the enterprise of a submission.
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildOutsideWorld, type Behaviour } from '@saidao/outside-world';
import type { SubmissionJson } from '@saidao/schemas';
import { personsOf } from './kyc/checks.ts';
import { submission } from './submission.fixture.ts';

export interface World {
  readonly url: string;
  behave(behaviour: Behaviour): Promise<void>;
  /** All that makes a submission's papers and persons sound. */
  vouchFor(body: SubmissionJson): Promise<void>;
  /** Tells the world something by one of its control routes. */
  put(path: string, body: unknown): Promise<void>;
  close(): Promise<void>;
}

export async function openWorld(): Promise<World> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'outside-world-'));
  const app = await buildOutsideWorld({ dataFolder, pledgeOfficeMs: 50 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  async function put(path: string, body: unknown): Promise<void> {
    const response = await fetch(url + path, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`);
    await response.body?.cancel();
  }

  return {
    url,
    put,
    behave: (behaviour) => put('/control/behaviour', behaviour),
    async vouchFor(body) {
      const { enterprise } = body;
      const persons = personsOf(submission((sound) => Object.assign(sound, body)));
      await put(`/control/enterprise-registry/enterprises/${enterprise.uscc}`, {
        name: enterprise.name,
        status: 'in-business',
        established: '2017-05-02',
        regionCode: '330106',
        industryCode: 'C3983',
        beneficialOwners: persons.filter(({ roles }) => roles.includes('BENEFICIAL_OWNER')).length,
      });
      for (const { name, idNumber, roles, certificate } of persons) {
        const offices = roles
          .filter((role) => role === 'LEGAL_REPRESENTATIVE' || role === 'BENEFICIAL_OWNER')
          .map((office) => ({ uscc: enterprise.uscc, office }));
        await put(`/control/persons/${idNumber}`, { name, offices });
        const grade = enterprise.talents?.[0]?.grade ?? 'C';
        if (certificate !== null) {
          const talent = { grade, idNumber, validTo: '2029-12-31' };
          await put(`/control/talents/${certificate}`, talent);
        }
      }
    },
    async close() {
      await app.close();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}
