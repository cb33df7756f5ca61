import { configTable } from '../../../src/config/config';
import { podsOf, type Values } from '../support';
import { api, envOf, presetOf, refused, the } from './support';

const PRESETS = ['fat', 'standard', 'thin', 'dev'];

describe('size', () => {
  it.each(PRESETS)('%s has one process tree for the background work', (preset) => {
    const manifests = presetOf(preset);
    const hasWorker = manifests.some(({ metadata }) => metadata.name === 'concert-api-worker');
    expect(envOf(manifests, 'Deployment concert-api').get('ROLE')?.value).toBe(hasWorker ? 'api' : 'all');
  });

  it('keeps the budget, and the room of a rollout, by a quota for the pods of its class alone', async () => {
    const manifests = await api({ budget: { limits: { memory: '9Gi' } } });
    const priorityClass = 'shop-concert-api';
    // The budget; of the API 4 old pods and 1 by maxSurge; of the worker 1 old pod and 1 by maxSurge.
    expect(the(manifests, 'ResourceQuota').spec).toEqual({
      hard: {
        'requests.cpu': `${2000 + 5 * 430 + 2 * 280}m`,
        'requests.memory': `${4096 + 5 * 850 + 2 * 696}Mi`,
        'limits.cpu': `${6000 + 5 * 1250 + 2 * 1000}m`,
        'limits.memory': `${9216 + 5 * 1792 + 2 * 1024}Mi`,
      },
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: [priorityClass] }],
      },
    });
    expect(the(manifests, 'PriorityClass', priorityClass)).toBeDefined();
    for (const { owner, spec } of podsOf(manifests).filter(({ kind }) => kind === 'Deployment'))
      expect({ owner, class: spec.priorityClassName }).toEqual({ owner, class: priorityClass });
  });

  it.each<[string, Values, string]>([
    [
      'CPU',
      { api: { maxReplicas: 5 } },
      'requests.cpu of the API: 5 pods with 2150m and 1 workers with 280m',
    ],
    [
      'memory',
      {
        api: {
          resources: { requests: { cpu: '430m', memory: '850Mi' }, limits: { cpu: 1, memory: '2.5Gi' } },
        },
      },
      'limits.memory of the API: 4 pods with 10240Mi',
    ],
    ['a minimum above the preset’s maximum', { api: { minReplicas: 9 } }, 'requests.cpu of the API: 9 pods'],
  ])('refuses more %s than the budget has, at the HPA’s maximum', async (_what, values, message) => {
    expect(await refused(values)).toContain(message);
  });

  it('refuses more connections than MariaDB has, those of a rollout and of the worker among them', async () => {
    // (4 + 1) × 32, worker (1 + 1) × 16, Jobs 12
    expect(await refused({ database: { host: 'x', maxConnections: 203 } })).toContain(
      '5 API pods (1 of them in a rollout) × 1 processes × 32 = 160, workers 2 × 16 = 32, Jobs 12: 204 in all, but database.maxConnections is 203',
    );
    await api({ database: { host: 'x', maxConnections: 204 } });
    expect(await refused({ preset: 'fat', api: { workers: 12 } })).toContain('1 API pods (0 of them');
  });

  it('refuses more prepared statements than MariaDB has, counted by what the application keeps', async () => {
    const each = Number(/\| `DATABASE_STATEMENTS_MAX` \| `(\d+)`/.exec(configTable())?.[1]);
    const most = 204 * each;
    expect(await refused({ database: { host: 'x', maxPreparedStatements: most - 1 } })).toContain(
      `204 database connections (API pods 160, workers 32, Jobs 12) × config.DATABASE_STATEMENTS_MAX ${each} = ${most}, but database.maxPreparedStatements is ${most - 1}`,
    );
    await api({ database: { host: 'x', maxPreparedStatements: most } });
    expect(await refused({ config: { DATABASE_STATEMENTS_MAX: '256' } })).toContain('= 52224, but');
    await api({
      config: { DATABASE_STATEMENTS_MAX: 256 },
      database: { host: 'x', maxPreparedStatements: 52_224 },
    });
  });

  it('takes a zero in the values instead of the number of the preset', async () => {
    expect(the(await api({ api: { maxSurge: 0 } }), 'Deployment').spec).toMatchObject({
      strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '25%' } },
    });
    expect(await refused({ worker: { replicas: 0 } })).toContain('No process would do the background work');
  });

  it.each(['standard', 'thin'])('%s takes no pod of its minimum away in a rollout', (preset) => {
    const { rollingUpdate } = the(presetOf(preset), 'Deployment').spec?.strategy as {
      rollingUpdate: { maxUnavailable: string; maxSurge: number };
    };
    const share = Number(/^(\d+)%$/.exec(rollingUpdate.maxUnavailable)?.[1]) / 100;
    expect(rollingUpdate.maxSurge).toBe(1);
    expect(Math.floor(2 * share)).toBe(0); // two pods are the minimum
    expect(Math.floor(4 * share)).toBe(1); // beside four there is no room in the budget
  });

  it('can drop the CPU limits, and then names what the quota must allow', async () => {
    const none = { resources: { limits: { cpu: null } } };
    expect(await refused({ api: none })).toContain('set budget.limits.cpu=null as well');
    const values = { api: none, worker: none, budget: { limits: { cpu: null } } };
    const manifests = await api(values);
    for (const { owner, spec } of podsOf(manifests).filter(({ kind }) => kind === 'Deployment')) {
      const { limits, requests } = spec.containers[0]?.resources ?? {};
      expect({ owner, limits: Object.keys(limits ?? {}) }).toEqual({ owner, limits: ['memory'] });
      expect(Object.keys(requests ?? {})).toEqual(['cpu', 'memory']);
    }
    expect(the(manifests, 'ResourceQuota').spec?.hard).not.toHaveProperty('limits.cpu');
    const fat = { ...values, preset: 'fat', api: { ...none, maxReplicas: 2, maxSurge: 0 }, budget: {} };
    expect(
      await refused({ ...fat, budget: { requests: { cpu: 4, memory: '8Gi' }, limits: null } }),
    ).toContain('the autoscaler needs hpa.cpu');
  });

  it('shares 60 % of the memory among the heaps of a pod', () => {
    const heap = (preset: string): string | undefined =>
      envOf(presetOf(preset), 'Deployment concert-api').get('NODE_OPTIONS')?.value;
    expect(heap('fat')).toBe('--max-old-space-size=819'); // 8192 × 0.6 / 6
    expect(heap('dev')).toBe('--max-old-space-size=460');
  });
});
