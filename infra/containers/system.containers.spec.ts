// The image and the whole system in containers, as docker-compose.yml brings it up, used from the host.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@saidao/local';
import { services } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineImages } from '../../packages/testkit/src/engine-images.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const project = `saidao-test-${process.pid}`;
const image = 'saidao:test';
const partitions = 6;
/** A busy machine makes all of it slow. */
const patience = { deadlineMs: 120_000 };

const mains = readdirSync(join(root, 'services')).filter((name) =>
  existsSync(join(root, 'services', name, 'main.ts')),
);

let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  const ports = {
    SAIDAO_KAFKA_PORT: String(await freePort()),
    SAIDAO_POSTGRES_PORT: String(await freePort()),
    SAIDAO_OUTSIDE_WORLD_PORT: String(await freePort()),
    SAIDAO_SCHEMA_REGISTRY_PORT: String(await freePort()),
    SAIDAO_INTAKE_PORT: String(await freePort()),
    SAIDAO_DECISIONING_PORT: String(await freePort()),
    SAIDAO_DISBURSEMENT_LEDGER_PORT: String(await freePort()),
    SAIDAO_GATEWAY_PORT: String(await freePort()),
  };
  const at = (port: string) => `http://localhost:${port}`;
  environment = {
    ...process.env,
    ...ports,
    SAIDAO_IMAGE: image,
    PARTITIONS: String(partitions),
    // A model beside the scorecard: its runtime is a program that has to run in the image.
    CHALLENGERS: 'onnx:soft-power-net@1',
    // As infra/containers/host.env, but for the ports.
    SAIDAO_HOME: 'infra/containers/host',
    KAFKA_BROKERS: `localhost:${ports.SAIDAO_KAFKA_PORT}`,
    INTAKE_URL: at(ports.SAIDAO_INTAKE_PORT),
    DECISIONING_URL: at(ports.SAIDAO_DECISIONING_PORT),
    DISBURSEMENT_LEDGER_URL: at(ports.SAIDAO_DISBURSEMENT_LEDGER_PORT),
    GATEWAY_URL: at(ports.SAIDAO_GATEWAY_PORT),
    OUTSIDE_WORLD_URL: at(ports.SAIDAO_OUTSIDE_WORLD_PORT),
    NO_COLOR: '1',
  };
  delete environment['BUSINESS_DATE'];
  await compose('build');
});

afterAll(async () => {
  await compose('down', '--volumes', '--timeout', '15');
});

describe('the image', () => {
  test.each([...mains, 'outside-world', 'topology'])('starts %s', async (name) => {
    const settings = ['HTTP_PORT', 'OUTSIDE_WORLD_PORT', 'KAFKA_BROKERS'];
    const wrong = settings.flatMap((setting) => ['--env', `${setting}=wrong`]);
    // Settings are read once all code is there: who complains of one has come so far.
    const { code, output } = await end(['run', '--rm', ...wrong, image, name]);
    expect(output).toMatch(/\(it is \\*"wrong\\*"\)/);
    expect(code, output).toBe(1);
  });

  test('says which processes there are when it is asked for another', async () => {
    const { code, output } = await end(['run', '--rm', image, '../scoring']);
    expect(output).toContain('name a service, such as scoring');
    expect(code).toBe(2);
  });

  test('has no root, and nothing that only tests use', async () => {
    const look = 'id -u; find /app -name "*.spec.ts" -o -name vitest -o -name "*.map" | head -3';
    const { stdout } = await docker('run', '--rm', '--entrypoint', 'sh', image, '-c', look);
    expect(stdout).toBe('1000\n');
  });
});

test('everything has a limit, a health check and the images of the tests', async () => {
  const all = ['--profile', 'observability', 'config', '--format', 'json'];
  const config = JSON.parse((await compose(...all)).stdout) as {
    services: Record<string, Composed>;
  };
  const { kafka, postgres, redis, topology, ...others } = config.services;
  expect({
    kafka: kafka?.image,
    postgres: postgres?.image,
    redis: redis?.image,
  }).toEqual(engineImages);
  for (const one of Object.values(config.services)) {
    expect(one.deploy.resources.limits).toEqual(
      expect.objectContaining({ memory: expect.any(String), cpus: 1 }),
    );
  }
  for (const one of [kafka, postgres, redis, ...Object.values(others)]) {
    expect(one?.healthcheck?.test).toBeDefined();
    expect(one?.restart).toBe('unless-stopped');
  }
  expect(topology?.restart).toBe('no');
});

interface Composed {
  readonly image: string;
  readonly restart: string;
  readonly healthcheck?: { readonly test?: readonly string[] };
  readonly deploy: { readonly resources: { readonly limits: object } };
}

describe('the system', () => {
  test('is ready when `up --wait` ends; what the host applies for is paid', async () => {
    await up();
    await apply('talent-3m');
    const registry = `http://localhost:${environment['SAIDAO_SCHEMA_REGISTRY_PORT']}`;
    expect(await (await fetch(`${registry}/mode`)).json()).toEqual({ mode: 'READONLY' });
  });

  test('three replicas of scoring share its lanes; when one is killed, the others take its', async () => {
    await up('--scale', 'scoring=3', '--no-recreate');
    const lanes = await eventually(
      'each of three owns lanes',
      async () => {
        const owned = await lanesOf([1, 2, 3]);
        return sum(owned) === partitions && owned.every((count) => count > 0) && owned;
      },
      patience,
    );
    expect(lanes).toEqual([2, 2, 2]);

    await docker('kill', `${project}-scoring-2`);
    await eventually(
      'the other two own all lanes',
      async () => {
        return sum(await lanesOf([1, 3])) === partitions;
      },
      patience,
    );
    await apply('innovation-5m');
  });

  test('a worker that is told to stop drains and ends with 0', async () => {
    await compose('stop', ...services);
    for (const name of services) {
      const { stdout } = await docker(
        'inspect',
        '-f',
        '{{.State.ExitCode}}',
        `${project}-${name}-1`,
      );
      expect(stdout.trim(), name).toBe('0');
    }
  });
});

async function up(...options: string[]): Promise<void> {
  await compose('up', '--wait', '--wait-timeout', '280', ...options).catch(
    async (error: unknown) => {
      const { message } = error as Error;
      const name = /container \S+-(\S+)-\d+ is unhealthy/.exec(message)?.[1];
      const whose = name === undefined ? ['--tail', '5'] : [name];
      const { stdout } = await compose('logs', '--no-color', ...whose);
      throw new Error(`${(error as Error).message}\n${stdout}`, { cause: error });
    },
  );
}

/** Ends with 0 only if the sample ended as it expects: paid. */
async function apply(sample: string): Promise<void> {
  const args = ['bin/saidao.mjs', 'apply', `samples/${sample}.json`, '--timeout', '120'];
  const { stdout } = await run(process.execPath, args, { cwd: root, env: environment });
  expect(stdout).toMatch(new RegExp(`✓ ${sample}.* paid`));
}

function lanesOf(replicas: readonly number[]): Promise<number[]> {
  return Promise.all(
    replicas.map(async (replica) => {
      const { stdout } = await compose('port', '--index', String(replica), 'scoring', '8080');
      const metrics = await (await fetch(`http://${stdout.trim()}/metrics`)).text();
      return Number(/^saidao_lanes\{line="scoring"[^}]*\} (\d+)$/m.exec(metrics)?.[1]);
    }),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function compose(...args: string[]) {
  return docker('compose', '--project-name', project, '--project-directory', root, ...args);
}

function docker(...args: string[]) {
  return run('docker', args, { cwd: root, env: environment });
}

/** For what is to end with another code than 0. */
async function end(args: string[]): Promise<{ code: unknown; output: string }> {
  const { code, output } = await run('docker', args, { env: environment, timeout: 120_000 }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: { code: unknown; stdout: string; stderr: string }) => ({
      code: error.code,
      output: error.stdout + error.stderr,
    }),
  );
  return { code, output };
}
