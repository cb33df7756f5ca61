import { amountOf, type Manifest, manifestsOf, podsOf } from '../support';

/** A pod that a quota refuses is tried again after pauses that double, so a rollout must never be refused one. */
const presetOf = (preset: string): Manifest[] => manifestsOf({ name: `concert-api-${preset}` });

const specOf = (manifests: Manifest[], kind: string, name: string): Record<string, unknown> =>
  manifests.find((it) => it.kind === kind && it.metadata.name === name)?.spec ?? {};

/** Of one Deployment at its largest, while all its old pods are still ending. */
function podsInRollout(manifests: Manifest[], name: string): number {
  const { replicas, strategy } = specOf(manifests, 'Deployment', name) as {
    replicas?: number;
    strategy: { rollingUpdate: { maxSurge: number } };
  };
  const most = Number(specOf(manifests, 'HorizontalPodAutoscaler', name).maxReplicas ?? replicas);
  return 2 * most + strategy.rollingUpdate.maxSurge;
}

it.each(['fat', 'standard', 'thin', 'dev'])(
  'the quota of %s has room for a rollout at the maximum',
  (preset) => {
    const manifests = presetOf(preset);
    const { hard } = specOf(manifests, 'ResourceQuota', 'concert-api') as { hard: Record<string, string> };
    const pods = podsOf(manifests).filter(({ kind }) => kind === 'Deployment');
    for (const kind of ['requests', 'limits'] as const)
      for (const what of ['cpu', 'memory']) {
        const asked = pods.map(({ owner, spec }) => {
          const name = owner.replace('Deployment ', '');
          return podsInRollout(manifests, name) * amountOf(spec.containers[0]?.resources?.[kind]?.[what]);
        });
        const room = amountOf(hard[`${kind}.${what}`]) + 1e-9; // thousandths do not add up exactly
        expect(asked.reduce((sum, it) => sum + it, 0)).toBeLessThanOrEqual(room);
      }
  },
);

it.each(['standard', 'thin'])('a rollout of %s always leaves a worker that is ready', (preset) => {
  expect(specOf(presetOf(preset), 'Deployment', 'concert-api-worker').strategy).toEqual({
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
  });
});

it.each(['mariadb', 'redis', 'kafka'])(
  'the Service of %s leads to its pod before a probe has found it ready, for there is no other',
  (name) => {
    const service = manifestsOf({ name }).find(({ kind }) => kind === 'Service');
    expect(service?.spec).toMatchObject({ publishNotReadyAddresses: true });
  },
);

it('no pod of the API or the worker is taken out because it is slow: the others would have its load as well', () => {
  const pods = podsOf(presetOf('standard'));
  const probes = pods
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ spec }) => spec.containers[0]?.readinessProbe);
  expect(probes).toHaveLength(2);
  for (const probe of probes) expect(probe).toMatchObject({ timeoutSeconds: 3, failureThreshold: 10 });
});

it.each(['mariadb', 'redis', 'kafka'])(
  '%s is started by one container: another before it would cost seconds',
  (name) => {
    const [pod] = podsOf(manifestsOf({ name }));
    expect(pod?.spec.initContainers ?? []).toEqual([]);
    expect(pod?.spec.containers).toHaveLength(1);
  },
);

it('MariaDB is found alive by a login, for a connection without one would be a line in its log', () => {
  const pods = podsOf(manifestsOf({ name: 'mariadb' }));
  const [container] = pods[0]?.spec.containers ?? [];
  expect(JSON.stringify(container?.livenessProbe)).toContain(
    'mariadb-admin --user=root --protocol=socket ping',
  );
  expect(JSON.stringify(container)).not.toContain('tcpSocket');
});
