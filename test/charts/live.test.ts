import { cases } from './cases';
import { type Live, templateInCluster } from './stub-cluster';
import { type Manifest, parse, type Values } from './support';

/** What an upgrade makes of the objects that are in the cluster: data, secrets and numbers of pods are kept. */
const claim = (name: string): Live => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
});
const secret = (name: string, data: Record<string, string>): Live => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  data: Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  ),
});
const setBy = (manager: string, field: string): unknown => ({
  manager,
  fieldsV1: { 'f:spec': { [`f:${field}`]: {} } },
});
const deployment = (replicas: number, ...managers: string[]): Live => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'concert-api',
    managedFields: [{ manager: 'x' }, ...managers.map((it) => setBy(it, 'replicas'))],
  },
  spec: { replicas },
});
const autoscaler = (minReplicas: number, ...managers: string[]): Live => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'concert-api', managedFields: managers.map((it) => setBy(it, 'minReplicas')) },
  spec: { minReplicas },
});
const secrets = [
  secret('concert-mariadb', {
    'root-password': 'r',
    'admin-password': 'a',
    password: 'p',
    'backup-password': 'b',
  }),
  secret('concert-redis', { password: 'q' }),
  secret('concert-grafana', { password: 'g' }),
  secret('concert-api', { TOKEN_SECRET: 't'.repeat(48) }),
];
const whole = cases.find(({ name }) => name === 'concert-alone')?.values as Record<string, Values>;
const moved = { ...whole, redis: { enabled: true }, 'concert-api': { ...whole['concert-api'], redis: {} } };
const beside: Values = { database: { host: 'm' }, redis: { host: 'r' }, tokenSecret: 't'.repeat(32) };

const refusal = (objects: Live[], values: Values): Promise<string> =>
  templateInCluster(objects, { chart: 'concert', values }).then(
    () => 'Helm takes these values.',
    (error: unknown) => (error as { stderr: string }).stderr,
  );
async function specOf(kind: string, objects: Live[], values: Values = {}): Promise<Values | undefined> {
  const text = await templateInCluster(objects, { chart: 'concert-api', values: { ...beside, ...values } });
  const named = (it: Manifest): boolean => it.kind === kind && it.metadata.name === 'concert-api';
  return parse(text).find(named)?.spec;
}

describe('a store that is switched off', () => {
  it('is refused while its claim is in the cluster, until that is confirmed', async () => {
    const objects = [...secrets, claim('data-concert-mariadb-0')];
    const said = await refusal(objects, moved);
    expect(said).toContain('mariadb.enabled=false, but its claim data-concert-mariadb-0 is in the cluster');
    expect(said).toContain('abandonedStores={mariadb}');
    const confirmed = { ...moved, abandonedStores: ['mariadb'] };
    expect(await refusal(objects, confirmed)).toBe('Helm takes these values.');
  });

  it('may be switched off when it has no claim', async () => {
    expect(await refusal(secrets, moved)).toBe('Helm takes these values.');
    expect(await refusal([claim('data-concert-redis-0')], moved)).toBe('Helm takes these values.');
  });
});

it('two upgrades with the secrets of the cluster render the same', async () => {
  const once = await templateInCluster(secrets, { chart: 'concert' });
  expect(await templateInCluster(secrets, { chart: 'concert' })).toBe(once);
  expect(once).toContain(Buffer.from('t'.repeat(48)).toString('base64'));
});

describe('the number of pods under an autoscaler', () => {
  it('stays what it is when Helm has set a fixed one before', async () => {
    expect(await specOf('Deployment', [deployment(3, 'helm')])).toMatchObject({ replicas: 3 });
  });

  it("is the autoscaler's as soon as that has set it", async () => {
    const live = [deployment(3, 'kube-controller-manager')];
    expect(await specOf('Deployment', live)).not.toHaveProperty('replicas');
    expect(await specOf('Deployment', [])).not.toHaveProperty('replicas');
  });

  it('is the fixed one again when the autoscaler is switched off', async () => {
    const live = [deployment(4, 'kube-controller-manager')];
    expect(await specOf('Deployment', live, { hpa: { enabled: false } })).toMatchObject({ replicas: 2 });
  });
});

describe('the least number of pods', () => {
  it('stays as high as somebody has set it before an opening', async () => {
    const live = [autoscaler(4, 'helm', 'kubectl-patch')];
    expect(await specOf('HorizontalPodAutoscaler', live)).toMatchObject({ minReplicas: 4, maxReplicas: 4 });
  });

  it("is the values' when only Helm has set it, when it is lower, and never above the maximum", async () => {
    for (const live of [autoscaler(4, 'helm'), autoscaler(1, 'kubectl-patch')])
      expect(await specOf('HorizontalPodAutoscaler', [live])).toMatchObject({ minReplicas: 2 });
    const many = [autoscaler(9, 'kubectl-patch')];
    expect(await specOf('HorizontalPodAutoscaler', many)).toMatchObject({ minReplicas: 4 });
  });
});
