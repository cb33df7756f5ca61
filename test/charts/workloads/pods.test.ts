import { cases } from '../cases';
import { type Container, manifestsOf, podsOf } from '../support';

/** What the restricted Pod Security level asks (https://kubernetes.io/docs/concepts/security/pod-security-standards), and more. */
const RUNS_TO_ITS_END = ['Job', 'CronJob', 'Pod'];
const TALKS_TO_KUBERNETES = ['StatefulSet concert-prometheus', 'Deployment concert-prometheus-ksm'];
const HARMLESS_VOLUMES = ['configMap', 'emptyDir', 'persistentVolumeClaim', 'projected', 'secret'];

describe.each(cases)('pods of $name', (one) => {
  const pods = podsOf(manifestsOf(one));

  it('pass the restricted level and cannot write into their images', () => {
    for (const { owner, spec } of pods) {
      expect({ owner, ...spec }).toMatchObject({
        securityContext: {
          runAsNonRoot: true,
          runAsUser: expect.any(Number) as number,
          seccompProfile: { type: 'RuntimeDefault' },
        },
      });
      for (const name of ['hostNetwork', 'hostPID', 'hostIPC']) expect(spec[name]).toBeUndefined();
      for (const volume of spec.volumes ?? [])
        expect(HARMLESS_VOLUMES).toEqual(
          expect.arrayContaining(Object.keys(volume).filter((key) => key !== 'name')),
        );
      for (const container of allOf(spec))
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
    }
  });

  it('have no token of Kubernetes and no variables of Services, unless they need them', () => {
    for (const { owner, spec } of pods) {
      expect({ owner, links: spec.enableServiceLinks }).toEqual({ owner, links: false });
      const needsToken = TALKS_TO_KUBERNETES.includes(owner);
      expect({ owner, token: spec.automountServiceAccountToken }).toEqual({ owner, token: needsToken });
    }
  });

  it('say what they need and at most use, of processor and memory', () => {
    for (const { owner, spec } of pods)
      for (const { name, resources } of allOf(spec)) {
        const amounts = { cpu: expect.anything() as string, memory: expect.anything() as string };
        expect({ owner, name, ...resources }).toMatchObject({ requests: amounts, limits: amounts });
      }
  });

  it('are started, served by and restarted as their probes say', () => {
    for (const { kind, spec } of pods) {
      if (RUNS_TO_ITS_END.includes(kind)) continue;
      for (const container of spec.containers)
        for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const)
          expect(container[probe]).toBeDefined();
    }
  });

  it('run pinned images', () => {
    for (const { spec } of pods)
      for (const { image } of allOf(spec))
        expect(image).toMatch(/^[\w./-]+:(?!latest|[^\d@]*(?:@|$))[\w.-]+(@sha256:\w{64})?$/);
  });
});

const allOf = (spec: { containers: Container[]; initContainers?: Container[] }): Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
];
