import { cases } from '../cases';
import {
  charts,
  type Container,
  type Manifest,
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

describe.each(parts)('%s', (chart) => {
  it('takes images from another registry, with its Secrets', async () => {
    const global = { imageRegistry: 'registry.example:5000', imagePullSecrets: [{ name: 'pull' }] };
    for (const pod of podsOf(await rendered(chart, { global, imagePullSecrets: [{ name: 'own' }] }))) {
      for (const { image } of containersOf(pod)) expect(image).toMatch(/^registry\.example:5000\/[a-z]/);
      expect(pod.spec.imagePullSecrets).toEqual([{ name: 'own' }, { name: 'pull' }]);
    }
  });

  it('gives pods variables, volumes, labels and annotations', async () => {
    const values = {
      extraEnv: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/ca/ca.crt' }],
      extraVolumes: [{ name: 'ca', secret: { secretName: 'ca' } }],
      extraVolumeMounts: [{ name: 'ca', mountPath: '/ca' }],
      podLabels: { team: 'tickets' },
      podAnnotations: { 'example.com/inject': 'true' },
    };
    const pods = podsOf(await rendered(chart, values));
    for (const { labels, annotations } of pods) {
      expect(labels).toMatchObject(values.podLabels);
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
    const labels = { 'cost-center': 'tickets' };
    const tunnel = { ports: [{ port: 15008, protocol: 'TCP' }] };
    const networkPolicy = { extraIngress: [tunnel], extraEgress: [tunnel] };
    let manifests: Manifest[];
    beforeAll(async () => {
      manifests = await rendered(chart, {
        podLabels: { team: 'tickets' },
        global: { labels, networkPolicy },
      });
    });

    it('labels every object and pod', () => {
      for (const { kind, metadata } of manifests)
        expect({ kind, ...metadata.labels }).toMatchObject({ kind, ...labels });
      for (const pod of podsOf(manifests)) expect(pod.labels).toMatchObject(labels);
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

  it('leaves users and groups to the platform when the values say so, and takes contexts of the user', async () => {
    const manifests = await rendered(chart, {
      global: { arbitraryUser: true },
      podSecurityContext: { supplementalGroups: [7] },
      containerSecurityContext: { runAsNonRoot: true },
    });
    for (const pod of podsOf(manifests)) {
      const context = pod.spec.securityContext as Record<string, unknown>;
      for (const name of ['runAsUser', 'runAsGroup', 'fsGroup']) expect(context).not.toHaveProperty(name);
      expect(context).toMatchObject({ runAsNonRoot: true, supplementalGroups: [7] });
      for (const { securityContext } of containersOf(pod))
        expect(securityContext).toMatchObject({ runAsNonRoot: true, readOnlyRootFilesystem: true });
    }
  });

  it('queries the DNS that the values name', async () => {
    const dns = {
      namespace: 'openshift-dns',
      podLabels: { dns: 'default' },
      ports: [5353],
      addresses: ['169.254.20.10/32'],
    };
    const policies = (await rendered(chart, { global: { dns } })).filter(
      ({ kind, spec }) => kind === 'NetworkPolicy' && spec?.egress !== undefined,
    );
    for (const { spec } of policies) {
      const [rule] = spec?.egress as unknown[];
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
    }
  });

  it('adds manifests of the user, as objects and as templates', async () => {
    const map = (name: string): string => `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}}}`;
    const extraObjects = [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' } },
      map('{{ .Release.Name }}-two'),
    ];
    const names = (await rendered(chart, { extraObjects })).map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(['one', 'concert-two']));
  });

  it('drops a CPU limit that is null', async () => {
    const nothing = { resources: { limits: { cpu: null } } };
    const values = chart === 'concert-api' ? { migrate: nothing } : nothing;
    const pods = podsOf(await rendered(chart, values));
    const pod = pods.find(({ owner }) => (chart === 'concert-api' ? owner.includes('migrate') : true));
    expect(pod?.spec.containers[0]?.resources?.limits).not.toHaveProperty('cpu');
    expect(pod?.spec.containers[0]?.resources?.limits).toHaveProperty('memory');
  });
});

it.each(parts.filter((name) => name !== 'k6'))('%s annotates its Service', async (chart) => {
  const annotations = { 'example.com/lb': 'internal' };
  const service = (await rendered(chart, { service: { annotations } })).find(
    ({ kind }) => kind === 'Service',
  );
  expect(service?.metadata.annotations).toEqual(annotations);
});

const mine = { 'app.kubernetes.io/component': 'mine' };
it.each<Values>([{ podLabels: mine }, { global: { labels: mine } }])('refuses %j', async (values) => {
  expect(await refusal('kafka', values)).toContain("invalid propertyName 'app.kubernetes.io/component'");
});

describe('stores', () => {
  const stores = ['mariadb', 'redis', 'kafka', 'influxdb', 'prometheus', 'grafana'];

  it.each(stores)('%s can be mended by an upgrade while its pod does not start', async (chart) => {
    const set = (await rendered(chart, {})).find(({ kind }) => kind === 'StatefulSet');
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

  it('Kafka writes no logs of its garbage collector, which would fill its volume', async () => {
    const [pod] = podsOf(await rendered('kafka', {}));
    expect(pod?.spec.containers[0]?.env).toContainEqual({ name: 'EXTRA_ARGS', value: '-name kafkaServer' });
  });
});
