import type { Values } from './release.ts';

/** Of one API pod at full size: cores, and memory as Kubernetes writes it. */
export interface PodSize {
  cpu: number;
  memoryMi: number;
  workers: number;
}

/** Less than that a Node process with a heap does not live in. */
const LEAST_MI = 256;

export const scaled = ({ cpu, memoryMi, workers }: PodSize, factor: number): PodSize => ({
  cpu: cpu * factor,
  memoryMi: Math.max(LEAST_MI, Math.round(memoryMi * factor)),
  workers: Math.max(1, Math.round(workers * factor)),
});

/** Values of charts/concert for so many API pods of a size beside one worker. */
export function podValues({ cpu, memoryMi, workers }: PodSize, pods: { min: number; max: number }): Values {
  const millicores = Math.round(cpu * 1000);
  const worker = { cpu: '400m', memory: '320Mi' };
  // The scheduler finds room by requests; what is measured is the limit.
  const asked = { cpu: `${Math.min(100, millicores)}m`, memory: `${Math.min(160, memoryMi)}Mi` };
  const askedOfWorker = { cpu: '50m', memory: '160Mi' };
  return {
    preset: 'thin',
    api: {
      ...{ minReplicas: pods.min, maxReplicas: pods.max, workers, poolMax: 16 },
      resources: { requests: asked, limits: { cpu: `${millicores}m`, memory: `${memoryMi}Mi` } },
    },
    worker: { resources: { requests: askedOfWorker, limits: worker } },
    budget: {
      requests: { cpu: '4', memory: '8Gi' },
      limits: { cpu: `${pods.max * millicores + 400}m`, memory: `${pods.max * memoryMi + 320}Mi` },
      quota: false,
    },
  };
}
