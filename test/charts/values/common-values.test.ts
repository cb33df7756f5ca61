import { cases } from '../cases';
import {
  charts,
  type Container,
  type Manifest,
  manifestsOf,
  type Pod,
  podsOf,
  refusal,
  render,
  type Values,
} from '../support';

/** Values that users of charts expect, in all charts by the same names. */
const valuesOf = (chart: string): Values => cases.find((one) => one.chart === chart)?.values ?? {};
const rendered = (chart: string, values: Values): Promise<Manifest[]> =>
  render({ chart, values: { ...valuesOf(chart), ...values } });
const containersOf = ({ spec }: Pod): Container[] => [...(spec.initContainers ?? []), ...spec.containers];
const parts = charts.filter((name) => name !== 'concert');

const labels = { 'cost-center': 'tickets' };
const tunnel = { ports: [{ port: 15008, protocol: 'TCP' }] };
const dns = {
  namespace: 'openshift-dns',
  podLabels: { dns: 'default' },
  ports: [5353],
  addresses: ['169.254.20.10/32'],
};
const map = (name: string): string => `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}}}`;
const noCpu = { resources: { limits: { cpu: null } } };
/** Together, since each rendering is a process. */
const COMMON = {
  global: {
    imageRegistry: 'registry.example:5000',
    imagePullSecrets: [{ name: 'pull' }],
    arbitraryUser: true,
    labels,
    networkPolicy: { extraIngress: [tunnel], extraEgress: [tunnel] },
    dns,
  },
  imagePullSecrets: [{ name: 'own' }],
  extraEnv: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/ca/ca.crt' }],
  extraVolumes: [{ name: 'ca', secret: { secretName: 'ca' } }],
  extraVolumeMounts: [{ name: 'ca', mountPath: '/ca' }],
  podLabels: { team: 'tickets' },
  podAnnotations: { 'example.com/inject': 'true' },
  podSecurityContext: { supplementalGroups: [7] },
  containerSecurityContext: { runAsNonRoot: true },
  extraObjects: [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } },
    map('{{ .Release.Name }}-two'),
  ],
};
const OF_USER = ['one', 'concert-two'];
const serviceAnnotations = { 'example.com/lb': 'internal' };
const commonOf = (chart: string): Values => ({
  ...COMMON,
  ...(chart === 'concert-api' ? { migrate: noCpu } : noCpu),
  ...(chart === 'k6' ? {} : { service: { annotations: serviceAnnotations } }),
});

describe.each(parts)('%s', (chart) => {
  let manifests: Manifest[];
  let pods: Pod[];
  beforeAll(async () => {
    manifests = await rendered(chart, commonOf(chart));
    pods = podsOf(manifests);
  });

  it('takes images from another registry, with its Secrets', () => {
    for (const pod of pods) {
      for (const { image } of containersOf(pod)) expect(image).toMatch(/^registry\.example:5000\/[a-z]/);
      expect(pod.spec.imagePullSecrets).toEqual([{ name: 'own' }, { name: 'pull' }]);
    }
  });

  it('gives pods variables, volumes, labels and annotations', () => {
    const values = COMMON;
    expect(pods).not.toEqual([]);
    for (const { labels: given, annotations } of pods) {
      expect(given).toMatchObject(values.podLabels);
      expect(annotations).toMatchObject(values.podAnnotations);
    }
    for (const { spec } of pods.filter(({ kind }) => kind !== 'Pod')) {
      expect(spec.volumes).toEqual(expect.arrayContaining(values.extraVolumes));
      expect(spec.containers[0]?.env).toEqual(expect.arrayContaining(values.extraEnv));
      expect(spec.containers[0]).toMatchObject({
        volumeMounts: expect.arrayContaining(values.extraVolumeMounts) as unknown,
      });
    }
  });

  describe('with the labels and the mesh of a platform', () => {
    it('labels every object and pod', () => {
      for (const { kind, metadata } of manifests.filter((it) => !OF_USER.includes(it.metadata.name)))
        expect({ kind, ...metadata.labels }).toMatchObject({ kind, ...labels });
      for (const pod of pods) expect(pod.labels).toMatchObject(labels);
    });

    it('selects no pods by labels of the user', () => {
      for (const { spec } of manifests) {
        expect(JSON.stringify(spec?.selector ?? {})).not.toContain('tickets');
        // Kubernetes does not let anybody change them.
        expect(JSON.stringify(spec?.volumeClaimTemplates ?? {})).not.toContain('tickets');
      }
    });

    it('lets the mesh through every policy', () => {
      const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy');
      expect(policies).not.toEqual([]);
      for (const { metadata, spec } of policies) {
        const { ingress, egress } = spec as { ingress: unknown[]; egress: unknown[] };
        const last = { of: metadata.name, ingress: ingress.at(-1), egress: egress.at(-1) };
        expect(last).toEqual({ of: metadata.name, ingress: tunnel, egress: tunnel });
      }
    });
  });

  it('leaves users and groups to the platform when the values say so, and takes contexts of the user', () => {
    for (const pod of pods) {
      const context = pod.spec.securityContext as Record<string, unknown>;
      for (const name of ['runAsUser', 'runAsGroup', 'fsGroup']) expect(context).not.toHaveProperty(name);
      expect(context).toMatchObject({ runAsNonRoot: true, supplementalGroups: [7] });
      for (const { securityContext } of containersOf(pod))
        expect(securityContext).toMatchObject({ runAsNonRoot: true, readOnlyRootFilesystem: true });
    }
  });

  it('queries the DNS that the values name', () => {
    const rules = manifests
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map(({ spec }) => (spec?.egress as unknown[])[0]);
    for (const rule of rules)
      expect(rule).toEqual({
        ports: [
          { port: 5353, protocol: 'UDP' },
          { port: 5353, protocol: 'TCP' },
        ],
        to: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'openshift-dns' } },
            podSelector: { matchLabels: { dns: 'default' } },
          },
          { ipBlock: { cidr: '169.254.20.10/32' } },
        ],
      });
  });

  it('adds manifests of the user, as objects and as templates', () => {
    expect(manifests.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(OF_USER));
  });

  it('drops a CPU limit that is null', () => {
    const pod = pods.find(({ owner }) => (chart === 'concert-api' ? owner.includes('migrate') : true));
    expect(pod?.spec.containers[0]?.resources?.limits).not.toHaveProperty('cpu');
    expect(pod?.spec.containers[0]?.resources?.limits).toHaveProperty('memory');
  });

  if (chart !== 'k6')
    it('annotates its Service', () => {
      const service = manifests.find(({ kind }) => kind === 'Service');
      expect(service?.metadata.annotations).toEqual(serviceAnnotations);
    });
});

const mine = { 'app.kubernetes.io/component': 'mine' };
it.each<Values>([{ podLabels: mine }, { global: { labels: mine } }])('refuses %j', async (values) => {
  expect(await refusal('kafka', values)).toContain("invalid propertyName 'app.kubernetes.io/component'");
});

describe('stores', () => {
  const stores = ['mariadb', 'redis', 'kafka', 'influxdb', 'prometheus', 'grafana'];

  it.each(stores)('%s can be mended by an upgrade while its pod does not start', (name) => {
    const set = manifestsOf({ name }).find(({ kind }) => kind === 'StatefulSet');
    expect(set?.spec).toMatchObject({ podManagementPolicy: 'Parallel' });
  });

  it('MariaDB has a folder of its volume to itself, and older volumes can be kept', async () => {
    const mount = async (persistence: Values): Promise<unknown> => {
      const [pod] = podsOf(await rendered('mariadb', { persistence }));
      const mounts = (pod?.spec.containers[0] as unknown as { volumeMounts: { name: string }[] })
        .volumeMounts;
      return mounts.find(({ name }) => name === 'data');
    };
    expect(await mount({})).toEqual({ name: 'data', mountPath: '/var/lib/mysql', subPath: 'mysql' });
    expect(await mount({ subPath: '' })).toEqual({ name: 'data', mountPath: '/var/lib/mysql' });
  });

  it('Kafka writes no logs of its garbage collector, which would fill its volume', () => {
    const [pod] = podsOf(manifestsOf({ name: 'kafka' }));
    expect(pod?.spec.containers[0]?.env).toContainEqual({ name: 'EXTRA_ARGS', value: '-name kafkaServer' });
  });
});
