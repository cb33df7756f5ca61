import { api, presetOf, refused, the } from './support';

describe('scaling', () => {
  it('goes by CPU alone by default', () => {
    expect(the(presetOf('standard'), 'HorizontalPodAutoscaler').spec).toMatchObject({
      minReplicas: 2,
      maxReplicas: 4,
      metrics: [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'api' } }],
    });
  });

  it('goes by each signal that has a target', async () => {
    const hpa = { requestsInFlight: '20', eventLoopUtilization: '700m', waiting: '1000' };
    const { metrics } = the(await api({ hpa }), 'HorizontalPodAutoscaler').spec as {
      metrics: Record<string, { metric?: { name: string }; target: { averageValue: string | number } }>[];
    };
    const seen = metrics.flatMap((it) => Object.values(it).filter((part) => typeof part === 'object'));
    expect(seen.map(({ metric, target }) => [metric?.name ?? 'cpu', target.averageValue])).toEqual([
      ['cpu', '812m'],
      ['http_requests_in_flight', 20],
      ['nodejs_eventloop_utilization', '700m'],
      ['concert_queue_waiting', 1000],
    ]);
  });
});

describe('scaling by KEDA', () => {
  const cron = [{ start: '50 19 * * 5', end: '0 22 * * 5', timezone: 'Asia/Seoul', replicas: 4 }];
  interface Trigger {
    type: string;
    metadata: Record<string, string>;
  }

  it('replaces the HPA, with the same range and the same pace', async () => {
    const manifests = await api({ keda: { enabled: true, waiting: 500, cron } });
    expect(manifests.map(({ kind }) => kind)).not.toContain('HorizontalPodAutoscaler');
    const spec = the(manifests, 'ScaledObject').spec as unknown as {
      advanced: { horizontalPodAutoscalerConfig: unknown };
      triggers: Trigger[];
    };
    expect(spec).toMatchObject({ minReplicaCount: 2, maxReplicaCount: 4 });
    const { behavior } = the(presetOf('standard'), 'HorizontalPodAutoscaler').spec as { behavior: unknown };
    expect(spec.advanced.horizontalPodAutoscalerConfig).toEqual({ behavior });
    expect(the(manifests, 'Deployment').spec).not.toHaveProperty('replicas');
    expect(spec.triggers.map(({ type }) => type)).toEqual(['cpu', 'prometheus', 'prometheus', 'cron']);
    expect(spec.triggers.map(({ metadata }) => metadata)).toMatchObject([
      { value: '812m', containerName: 'api' },
      { serverAddress: 'http://concert-prometheus.shop:9090', threshold: '50' },
      { query: expect.stringContaining('max by (queue) (concert_queue_waiting{namespace="shop"') as string },
      { start: '50 19 * * 5', timezone: 'Asia/Seoul', desiredReplicas: '4' },
    ]);
  });

  it('queries metrics that the product exports', async () => {
    const manifests = await api({ keda: { enabled: true, waiting: '500' } });
    const text = JSON.stringify(the(manifests, 'ScaledObject'));
    const asked = [...text.matchAll(/(http_requests_in_flight|concert_\w+)\{/g)].map(([, name]) => name);
    expect(asked).toEqual(['http_requests_in_flight', 'concert_queue_waiting']);
  });

  it('refuses more pods before an opening than there may be', async () => {
    const many = cron.map((it) => ({ ...it, replicas: 9 }));
    expect(await refused({ keda: { enabled: true, cron: many } })).toContain('but api.maxReplicas is 4');
  });
});
