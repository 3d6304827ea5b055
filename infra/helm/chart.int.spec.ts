// The chart as helm's engine renders it: what Kubernetes and KEDA take, and what it promises.
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SHARED_CACHE } from '@saidao/local';
import { services, type Service } from '@saidao/schemas';
import { goModule, goProgram, pythonProgram } from '@saidao/testkit';
import { inputsOfServices } from '@saidao/topology';
import { beforeAll, describe, expect, test } from 'vitest';
import { kafkaTriggerFaults } from './kafka-trigger.ts';

const RENDERER = join(import.meta.dirname, 'render');
const CHART = join(import.meta.dirname, 'saidao');
const RULES = join(import.meta.dirname, '..', 'observability', 'prometheus', 'rules');
const KUBERNETES = '1.34';
const KEDA = 'github.com/kedacore/keda/v2@v2.21.0';
const KEDA_SUM = 'h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=';
const OPERATOR = 'github.com/prometheus-operator/prometheus-operator@v0.94.1';
const OPERATOR_SUM = 'h1:QEIb2wenPH+SdMN1xMf8l4Pmj00YYXXI6HlbLlQWkww=';
const environment = { ...process.env };
/** A worker drains within so long; after the grace it is killed. */
const DRAIN_SECONDS = 10;

const helm = await goProgram(RENDERER, { environment, cache: SHARED_CACHE });
if (helm.missing !== null) {
  const told = `chart: NOT RUN, ${helm.missing}.`;
  if (environment['SAIDAO_TEST_ALL'] === 'true') throw new Error(told);
  console.warn(told);
}

interface Values {
  readonly [name: string]: unknown;
}

interface Rendered {
  readonly name: string;
  readonly documents: string;
  readonly error: string;
  readonly lint: readonly string[];
}

/** An object of Kubernetes; what is looked at in it is told by those who look. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // oxlint-disable-next-line typescript/no-explicit-any -- the schemas have been checked.
  readonly spec: any;
}

interface Labelled extends Manifest {
  readonly metadata: Manifest['metadata'] & { readonly labels: Readonly<Record<string, string>> };
}

/** Of a PrometheusRule. */
interface Group {
  readonly rules: readonly { readonly alert: string }[];
}

const kafka = { brokers: ['kafka-1:9092', 'kafka-2:9092'] };
const podFrom = (app: string) => ({ podSelector: { matchLabels: { app } } });

/** Values as somebody runs it in earnest. */
const production = {
  image: { repository: 'registry.example/saidao', tag: '1.2.3', pullPolicy: 'Always' },
  imagePullSecrets: [{ name: 'registry' }],
  lenders: ['exim-zj', 'boc-zj'],
  partitions: 24,
  kafka: {
    ...{ brokers: ['kafka-1:9093'], passwordsSecret: 'saidao-kafka', tls: true },
    authoritiesConfigMap: 'kafka-authorities',
  },
  topology: { adminSecret: 'saidao-kafka-admin', channels: ['bank-portal'] },
  monitoring: {
    podMonitor: { enabled: true, labels: { release: 'monitoring' } },
    rules: { enabled: true, labels: { release: 'monitoring' } },
  },
  env: { LOG_LEVEL: 'warn' },
  envFromSecrets: ['saidao-all'],
  workers: {
    intake: { envFromSecrets: ['saidao-doors'], scaling: { max: 24 } },
    scoring: { resources: { limits: { memory: '1Gi' } }, scaling: { max: 24 } },
  },
  scaling: { authentication: 'saidao-kafka' },
  networkPolicy: {
    doorsFrom: [podFrom('ingress')],
    metricsFrom: [podFrom('prometheus')],
    schemasFrom: [podFrom('risk')],
    egress: [{ to: [{ ipBlock: { cidr: '10.1.0.0/16' } }] }],
  },
  podAnnotations: { team: 'lending' },
  nodeSelector: { pool: 'lending' },
  tolerations: [{ key: 'lending', operator: 'Exists' }],
};

const scalingOff = (name: string) => [name, { scaling: { enabled: false } }] as const;
const cases: Readonly<Record<string, Values>> = {
  'what is left out': { kafka },
  'as in production': production,
  'no topology': { kafka, topology: { enabled: false } },
  'no rights': { kafka, topology: { rights: false } },
  'no network policy': { kafka, networkPolicy: { enabled: false } },
  'no schema registry': { kafka, schemaRegistry: { enabled: false } },
  'no scaling': { kafka, workers: Object.fromEntries(services.map(scalingOff)) },
  'a login without TLS': { kafka: { ...kafka, passwordsSecret: 'saidao-kafka' } },
  'another mechanism': {
    kafka: { ...kafka, passwordsSecret: 'saidao-kafka', tls: true, mechanism: 'scram-sha-256' },
    topology: { adminSecret: 'saidao-kafka-admin' },
  },
  'migrations by the owner of the tables': {
    kafka,
    database: { ownersSecret: 'saidao-owners' },
  },
  challengers: { kafka, env: { CHALLENGERS: 'candidate' } },
  'scoring alone': { kafka, workers: { scoring: { env: { LINES: 'scoring', CHALLENGERS: 'x' } } } },
  'passwords as they are, over TLS': {
    kafka: { ...kafka, passwordsSecret: 'saidao-kafka', tls: true, mechanism: 'plain' },
  },
  'TLS by known authorities': { kafka: { ...kafka, tls: true } },
};

/** What is wrong, and a word of what is said of it. */
const refused: readonly (readonly [string, Values, string])[] = [
  ['no broker', {}, '/kafka/brokers'],
  ['a broker without a port', { kafka: { brokers: ['kafka-1'] } }, '/kafka/brokers/0'],
  ['a misspelt setting', { kafka, lender: ['exim-zj'] }, 'lender'],
  ['a misspelt worker', { kafka, workers: { scorer: {} } }, 'scorer'],
  ['no lender', { kafka, lenders: [] }, '/lenders'],
  ['a lender of other letters', { kafka, lenders: ['Exim_ZJ'] }, '/lenders/0'],
  ['a lender twice', { kafka, lenders: ['boc-zj', 'boc-zj'] }, '/lenders'],
  ['no partitions', { kafka, partitions: 0 }, '/partitions'],
  ['partitions as text', { kafka, partitions: '12' }, '/partitions'],
  ['no replica', { kafka, workers: { intake: { replicas: 0 } } }, '/workers/intake/replicas'],
  [
    'a ledger that is scaled',
    { kafka, workers: { 'disbursement-ledger': { scaling: { enabled: true } } } },
    '/workers/disbursement-ledger/scaling/enabled',
  ],
  ['less than five minutes of rest', { kafka, scaling: { downAfterSeconds: 60 } }, '/scaling/'],
  ['a grace shorter than a drain', { kafka, terminationGraceSeconds: 5 }, '/termination'],
  [
    'a grace that a door spends on its pause',
    { kafka, terminationGraceSeconds: 20, doorPauseSeconds: 10 },
    'a pause of 10 s and a drain of 10 s do not fit',
  ],
  ['a variable in small letters', { kafka, env: { log_level: 'warn' } }, 'log_level'],
  ['an unknown mechanism', { kafka: { ...kafka, mechanism: 'gssapi' } }, '/kafka/mechanism'],
  ['a password as it is, without TLS', { kafka: { ...kafka, mechanism: 'plain' } }, '/kafka/tls'],
  ['no database', { kafka, database: { urlsSecret: '' } }, '/database/urlsSecret'],
  [
    'more members than lanes',
    { kafka, partitions: 6, workers: { scoring: { scaling: { max: 7 } } } },
    'more members would have no lane',
  ],
];

async function asked<Answer>(program: string, args: string[], question: unknown): Promise<Answer> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(question));
  return JSON.parse(await text(child.stdout)) as Answer;
}

test('a worker of the chart is a service, and each service is one', () => {
  const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as {
    readonly properties: { readonly workers: { readonly properties: object } };
  };
  const workers = Object.keys(schema.properties.workers.properties);
  expect(workers.toSorted()).toEqual(services.toSorted());
});

// Where there is no helm, all that needs it is told above as not run.
if (helm.missing === null)
  describe('the chart', () => {
    const rendered = new Map<string, Rendered>();
    const objects = new Map<string, readonly Manifest[]>();
    const faults = new Map<string, readonly string[]>();
    let triggerFaults: ReturnType<typeof kafkaTriggerFaults>;

    beforeAll(async () => {
      const given = [
        ...Object.entries(cases).map(([name, values]) => ({ name, values })),
        ...refused.map(([name, values]) => ({ name, values })),
      ];
      const question = { chart: CHART, kube: `${KUBERNETES}.0`, cases: given };
      for (const one of await asked<Rendered[]>(helm.path, [], question)) {
        rendered.set(one.name, one);
      }
      const requirements = join(import.meta.dirname, 'validators.txt');
      const python = await pythonProgram({ environment, requirements, cache: SHARED_CACHE });
      const keda = await goModule(KEDA, KEDA_SUM, RENDERER, { environment });
      triggerFaults = kafkaTriggerFaults(keda);
      const operator = await goModule(OPERATOR, OPERATOR_SUM, RENDERER, { environment });
      const monitoring = join(operator, 'example/prometheus-operator-crd/monitoring.coreos.com');
      const checked = await asked<{ name: string; objects: Manifest[]; faults: string[] }[]>(
        python,
        [join(import.meta.dirname, 'validate.py')],
        {
          kubernetes: KUBERNETES,
          crds: [
            ...globSync(join(keda, 'config', 'crd', 'bases', '*.yaml')),
            ...['podmonitors', 'prometheusrules'].map((kinds) => `${monitoring}_${kinds}.yaml`),
          ],
          cases: [...Object.keys(cases).map((name) => rendered.get(name)!), misspelt()],
        },
      );
      for (const one of checked) {
        objects.set(one.name, one.objects);
        faults.set(one.name, one.faults);
      }
    }, 600_000);

    /** Of kinds that Kubernetes, KEDA and the Prometheus Operator know. */
    function misspelt(): Pick<Rendered, 'name' | 'documents'> {
      const { documents } = rendered.get('as in production')!;
      const wrong = documents
        .replaceAll('minReadySeconds:', 'minReadySecond:')
        .replaceAll('pollingInterval:', 'pollingIntervals:')
        .replaceAll('podMetricsEndpoints:', 'podMetricsEndpoint:')
        .replaceAll('- alert:', '- alarm:');
      return { name: 'misspelt fields', documents: wrong };
    }

    const of = (name: string, kind: string): readonly Manifest[] =>
      objects.get(name)!.filter((one) => one.kind === kind);
    const serviceOf = ({ name }: Manifest['metadata']) => name.replace(/^trial-/, '');
    const named = (name: string, kind: string, service: string): Manifest => {
      const found = of(name, kind).find(({ metadata }) => metadata.name === `trial-${service}`);
      expect(found, `${kind} of ${service}`).toBeDefined();
      return found!;
    };

    test.each(Object.keys(cases))('%s: is rendered, and taken by who knows its kinds', (name) => {
      const { error, lint } = rendered.get(name)!;
      expect(error).toBe('');
      expect(lint.filter((message) => !message.startsWith('[INFO]'))).toEqual([]);
      expect(faults.get(name)).toEqual([]);
      expect(objects.get(name)!.length).toBeGreaterThan(services.length);
    });

    test.each(refused)('%s is refused', (name, _, says) => {
      const { error, documents } = rendered.get(name)!;
      expect(documents).toBe('');
      expect(error).toContain(says);
    });

    test('a field that nobody knows is seen, whoever knows the kind', () => {
      const found = faults.get('misspelt fields')!.join('\n');
      expect(found).toMatch(/^Deployment trial-scoring: .*minReadySecond/m);
      expect(found).toMatch(/^ScaledObject trial-scoring: .*pollingIntervals/m);
      expect(found).toMatch(/^PodMonitor trial-monitoring: .*podMetricsEndpoint/m);
      expect(found).toMatch(/^PrometheusRule trial-lines: .*alarm/m);
    });

    test('a trigger that KEDA would refuse is seen', () => {
      const [{ spec }] = of('what is left out', 'ScaledObject') as [Manifest];
      const [{ metadata }] = spec.triggers;
      expect(triggerFaults(metadata)).toEqual([]);
      const wrong = { offsetResetPolicy: 'first', lagThreshold: 'some', limitToLanes: 'true' };
      expect(triggerFaults({ ...metadata, ...wrong })).toEqual([
        ...['nobody reads limitToLanes', 'lagThreshold is some', 'offsetResetPolicy is first'],
      ]);
      const { consumerGroup: _, ...incomplete } = metadata;
      expect(triggerFaults(incomplete)).toEqual(['consumerGroup is missing']);
      for (const one of ['ensureEvenDistributionOfPartitions', 'allowIdleConsumers']) {
        const said = triggerFaults({ ...metadata, [one]: 'true' });
        expect(said.join()).toMatch(/^\w+ and \w+ cannot be set together$/);
        expect(said.join()).toContain(one);
      }
    });

    describe.each(Object.keys(cases))('%s', (name) => {
      const pods = (): readonly Manifest['spec'][] =>
        [...of(name, 'Deployment'), ...of(name, 'Job')].map(({ spec }) => spec.template.spec);

      test('every service has a Deployment with probes, a budget and time to drain', () => {
        for (const service of services) {
          const { spec } = named(name, 'Deployment', service);
          expect(spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 1, maxSurge: 0 });
          expect(spec.minReadySeconds).toBe(30);
          const { containers, terminationGracePeriodSeconds } = spec.template.spec;
          expect(terminationGracePeriodSeconds).toBeGreaterThan(DRAIN_SECONDS);
          const [{ args, livenessProbe, readinessProbe, startupProbe }] = containers;
          expect(args).toEqual([service]);
          expect(livenessProbe.httpGet.path).toBe('/livez');
          expect(startupProbe.httpGet.path).toBe('/livez');
          expect(readinessProbe.httpGet.path).toBe('/readyz');
          const budget = named(name, 'PodDisruptionBudget', service).spec;
          expect(budget.maxUnavailable).toBe(1);
          expect(budget.selector).toEqual(spec.selector);
          expect(named(name, 'Service', service).spec.selector).toEqual(spec.selector.matchLabels);
        }
      });

      test('no pod is root, can become it, writes its disk or holds a token', () => {
        for (const pod of pods()) {
          expect(pod.automountServiceAccountToken).toBe(false);
          expect(pod.securityContext).toMatchObject({
            runAsNonRoot: true,
            seccompProfile: { type: 'RuntimeDefault' },
          });
          expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
          for (const { securityContext, resources } of [
            ...(pod.initContainers ?? []),
            ...pod.containers,
          ]) {
            expect(securityContext).toEqual({
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            });
            expect(resources.limits.memory).toBeDefined();
          }
        }
      });

      test('secrets are named, and stand nowhere', () => {
        expect(of(name, 'Secret')).toEqual([]);
        for (const { initContainers = [], containers } of pods()) {
          const env = [...initContainers, ...containers].flatMap((one) => one.env);
          for (const { name: variable, value, valueFrom } of env) {
            if (!/PASSWORD|SECRET|TOKEN|_KEY|DATABASE_URL|REDIS_URL/.test(variable)) continue;
            expect([variable, value]).toEqual([variable, undefined]);
            expect(valueFrom.secretKeyRef.name).toBeTruthy();
          }
        }
      });

      test('what is scaled has a lane for each, follows lag and changes slowly', () => {
        const values = cases[name] as { partitions?: number; lenders?: readonly string[] };
        const { partitions = 12, lenders = ['exim-zj', 'boc-zj', 'czb-hz'] } = values;
        const scaled = of(name, 'ScaledObject');
        expect(scaled.map(({ metadata }) => metadata.name)).not.toContain(
          'trial-disbursement-ledger',
        );
        for (const { spec } of scaled) {
          const { spec: deployed } = of(name, 'Deployment').find(
            ({ metadata }) => metadata.name === spec.scaleTargetRef.name,
          )!;
          // Two owners of one number would undo each other's.
          expect(deployed.replicas).toBeUndefined();
          expect(spec.minReplicaCount).toBeGreaterThanOrEqual(2);
          expect(spec.maxReplicaCount).toBeLessThanOrEqual(partitions);
          const { scaleDown } = spec.advanced.horizontalPodAutoscalerConfig.behavior;
          expect(scaleDown.stabilizationWindowSeconds).toBeGreaterThanOrEqual(300);
          expect(scaleDown.policies).toEqual([{ type: 'Pods', value: 1, periodSeconds: 60 }]);
          const service = serviceOf(spec.scaleTargetRef) as Service;
          const followed = spec.triggers.map(({ type, metadata }: Manifest['spec']) => {
            expect(type).toBe('kafka');
            expect(metadata).toMatchObject({
              limitToPartitionsWithLag: 'true',
              excludePersistentLag: 'true',
              allowIdleConsumers: 'false',
              offsetResetPolicy: 'earliest',
            });
            expect(triggerFaults(metadata)).toEqual([]);
            return `${metadata.consumerGroup} ${metadata.topic}`;
          });
          // To KEDA all that there is is the lag of a group that has never committed.
          const running = Object.entries(inputsOfServices()[service]!).filter(
            ([line]) => line !== 'shadow' || name === 'challengers',
          );
          const wanted = running.flatMap(([line, topics]) =>
            topics.flatMap((topic) =>
              topic.includes('{lender}')
                ? lenders.map((lender) => `saidao.${line} ${topic.replace('{lender}', lender)}`)
                : [`saidao.${line} ${topic}`],
            ),
          );
          expect(followed.toSorted()).toEqual(wanted.toSorted());
        }
      });
    });

    test('the ledger is fixed; the others are scaled unless that is switched off', () => {
      const scaled = (name: string) =>
        of(name, 'ScaledObject').map(({ metadata }) => metadata.name);
      expect(scaled('what is left out')).toEqual(
        expect.arrayContaining(['intake', 'scoring'].map((service) => `trial-${service}`)),
      );
      expect(scaled('no scaling')).toEqual([]);
      const { spec } = named('as in production', 'Deployment', 'disbursement-ledger');
      expect(spec.replicas).toBe(2);
    });

    test('the network lets in only who is named, and to doors only where there are any', () => {
      const scraped = [podFrom('prometheus')];
      for (const service of services) {
        const shut = named('what is left out', 'NetworkPolicy', service).spec;
        expect(shut).toMatchObject({ policyTypes: ['Ingress', 'Egress'], ingress: [] });
        const { podSelector, ingress, egress } = named(
          ...(['as in production', 'NetworkPolicy', service] as const),
        ).spec;
        expect(podSelector).toEqual(named('as in production', 'Deployment', service).spec.selector);
        const hasDoor = named('as in production', 'Service', service).spec.clusterIP !== 'None';
        expect(ingress[0].from).toEqual(hasDoor ? [...scraped, podFrom('ingress')] : scraped);
        expect(egress).toContainEqual(production.networkPolicy.egress[0]);
      }
      const { spec } = named('as in production', 'NetworkPolicy', 'topology');
      expect(spec.ingress).toEqual([]);
      expect(spec.egress).toContainEqual(production.networkPolicy.egress[0]);
      expect(of('no network policy', 'NetworkPolicy')).toEqual([]);
    });

    test('tables are brought up to date by their owner, in a container that serves nothing', () => {
      interface Setting {
        readonly name: string;
        readonly value?: string;
        readonly valueFrom?: { readonly secretKeyRef: object };
      }
      const settingsOf = (container: { readonly env: readonly Setting[] }) =>
        Object.fromEntries(container.env.map(({ name, ...from }) => [name, from]));
      const pod = (name: string) => named(name, 'Deployment', 'scoring').spec.template.spec;
      const { initContainers, containers } = pod('migrations by the owner of the tables');
      expect(settingsOf(initContainers[0])).toMatchObject({
        MIGRATIONS: { value: 'only' },
        DATABASE_URL: { valueFrom: { secretKeyRef: { name: 'saidao-owners', key: 'scoring' } } },
      });
      expect(settingsOf(containers[0])).toMatchObject({
        MIGRATIONS: { value: 'check' },
        DATABASE_URL: { valueFrom: { secretKeyRef: { name: 'saidao-database', key: 'scoring' } } },
      });
      expect(pod('what is left out').initContainers).toBeUndefined();
    });

    test('topics and rights come before workers, unless that is switched off', () => {
      expect(of('no topology', 'Job')).toEqual([]);
      const job = named('as in production', 'Job', 'topology') as Manifest & {
        readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
      };
      expect(job.metadata.annotations['helm.sh/hook']).toBe('pre-install,pre-upgrade');
      const [{ env, envFrom }] = job.spec.template.spec.containers;
      expect(env).toContainEqual({ name: 'TOPOLOGY_CHANNELS', value: 'bank-portal' });
      expect(envFrom).toEqual([{ secretRef: { name: 'saidao-kafka-admin' } }]);
    });

    test('every pod proves its password alike, and runs where it is let', () => {
      const { nodeSelector, tolerations } = production;
      const deployed = (name: string) => [
        ...services.map((service) => named(name, 'Deployment', service)),
        named(name, 'Job', 'topology'),
      ];
      for (const { spec } of deployed('another mechanism')) {
        const [{ env }] = spec.template.spec.containers;
        expect(env).toContainEqual({ name: 'KAFKA_SASL_MECHANISM', value: 'scram-sha-256' });
      }
      const registry = named('as in production', 'Deployment', 'schema-registry');
      for (const { spec } of [...deployed('as in production'), registry]) {
        expect(spec.template.spec).toMatchObject({ nodeSelector, tolerations });
      }
    });

    test('a pod with a door is sent to no more before it drains, and others drain at once', () => {
      const withDoors = of('what is left out', 'Deployment').filter(
        ({ metadata }) =>
          named('what is left out', 'Service', serviceOf(metadata)).spec.clusterIP !== 'None',
      );
      const names = withDoors.map(({ metadata }) => serviceOf(metadata));
      expect(names).toEqual(expect.arrayContaining(['intake', 'schema-registry']));
      expect(names).not.toContain('scoring');
      for (const { metadata, spec } of of('what is left out', 'Deployment')) {
        const { containers, terminationGracePeriodSeconds } = spec.template.spec;
        const { lifecycle } = containers[0];
        if (!names.includes(serviceOf(metadata))) expect(lifecycle).toBeUndefined();
        else {
          const { seconds } = lifecycle.preStop.sleep;
          expect(seconds).toBeGreaterThan(0);
          expect(seconds + DRAIN_SECONDS).toBeLessThan(terminationGracePeriodSeconds);
        }
      }
    });

    test('what a worker asks for of its own leaves the rest as all have it', () => {
      const resourcesOf = (service: string) =>
        named('as in production', 'Deployment', service).spec.template.spec.containers[0].resources;
      expect(resourcesOf('scoring')).toEqual({
        requests: { cpu: '250m', memory: '256Mi' },
        limits: { memory: '1Gi' },
      });
      expect(resourcesOf('intake').limits).toEqual({ memory: '512Mi' });
      expect(resourcesOf('schema-registry')).toEqual(resourcesOf('intake'));
    });

    test('Prometheus is told of every pod and rule, where that is switched on', () => {
      const release = 'monitoring';
      const [monitor] = of('as in production', 'PodMonitor') as [Labelled];
      expect(monitor.metadata.labels).toMatchObject({ release });
      const { selector, podMetricsEndpoints } = monitor.spec;
      const [{ port, path, relabelings }] = podMetricsEndpoints;
      expect(relabelings).toEqual([{ targetLabel: 'job', replacement: 'saidao' }]);
      for (const { spec } of of('as in production', 'Deployment')) {
        expect(spec.template.metadata.labels).toMatchObject(selector.matchLabels);
        expect(spec.template.metadata.annotations['prometheus.io/path']).toBe(path);
        const [{ ports }] = spec.template.spec.containers;
        expect(ports).toEqual([{ name: port, containerPort: 8080 }]);
      }
      const rules = of('as in production', 'PrometheusRule') as Labelled[];
      for (const { metadata } of rules) expect(metadata.labels).toMatchObject({ release });
      const groups = rules.flatMap(({ spec }): readonly Group[] => spec.groups);
      const told = groups.flatMap((group) => group.rules.map(({ alert }) => alert));
      const texts = globSync(join(RULES, '*.yml')).map((file) => readFileSync(file, 'utf8'));
      const wanted = [...texts.join('\n').matchAll(/^ +- alert: (\w+)$/gm)];
      expect(told.toSorted()).toEqual(wanted.map(([, name]) => name!).toSorted());
      for (const kind of ['PodMonitor', 'PrometheusRule']) {
        expect(of('what is left out', kind)).toEqual([]);
      }
    });

    test('a login is each worker’s own, and TLS checks who answers', () => {
      for (const service of services) {
        const { containers, volumes } = named('as in production', 'Deployment', service).spec
          .template.spec;
        expect(containers[0].env).toEqual(
          expect.arrayContaining([
            { name: 'KAFKA_USER', value: service },
            {
              name: 'KAFKA_PASSWORD',
              valueFrom: { secretKeyRef: { name: 'saidao-kafka', key: service } },
            },
            { name: 'KAFKA_TLS', value: 'true' },
            { name: 'KAFKA_CA_FILE', value: '/etc/saidao/kafka/ca.pem' },
          ]),
        );
        expect(volumes).toContainEqual({
          name: 'kafka-authorities',
          configMap: { name: 'kafka-authorities' },
        });
      }
    });
  });
