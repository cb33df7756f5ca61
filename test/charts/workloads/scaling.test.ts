import { cases } from '../cases';
import { type Manifest, manifestsOf } from '../support';

interface Autoscaler {
  scaleTargetRef: { kind: string; name: string };
  minReplicas: number;
  maxReplicas: number;
}

const of = (manifests: Manifest[], kind: string): Manifest[] => manifests.filter((it) => it.kind === kind);
interface ScaledObject {
  scaleTargetRef: { name: string };
  minReplicaCount: number;
  maxReplicaCount: number;
}
/** Of KEDA's ScaledObject as well: it makes an HPA of the same numbers. */
const autoscalersOf = (manifests: Manifest[]): Autoscaler[] => [
  ...of(manifests, 'HorizontalPodAutoscaler').map(({ spec }) => spec as unknown as Autoscaler),
  ...of(manifests, 'ScaledObject').map(({ spec }) => {
    const { scaleTargetRef, minReplicaCount, maxReplicaCount } = spec as unknown as ScaledObject;
    return {
      scaleTargetRef: { kind: 'Deployment', ...scaleTargetRef },
      minReplicas: minReplicaCount,
      maxReplicas: maxReplicaCount,
    };
  }),
];

describe.each(cases)('scaling of $name', (one) => {
  const manifests = manifestsOf(one);

  it('is the autoscaler’s where there is one, for an upgrade would undo what it did', () => {
    const targets = autoscalersOf(manifests).map(({ scaleTargetRef }) => scaleTargetRef.name);
    const deployments = of(manifests, 'Deployment');
    expect(deployments.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(targets));
    for (const { metadata, spec } of deployments)
      expect({ name: metadata.name, scaled: spec?.replicas === undefined }).toEqual({
        name: metadata.name,
        scaled: targets.includes(metadata.name),
      });
  });

  it('has a range, and a disruption budget only where a pod can be spared', () => {
    for (const { minReplicas, maxReplicas } of autoscalersOf(manifests))
      expect(minReplicas).toBeLessThan(maxReplicas);
    const least = Math.max(0, ...autoscalersOf(manifests).map(({ minReplicas }) => minReplicas));
    for (const { spec } of of(manifests, 'PodDisruptionBudget')) {
      expect(least).toBeGreaterThan(1);
      expect(spec).toMatchObject({ maxUnavailable: 1 });
    }
  });
});
