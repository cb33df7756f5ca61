import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../../../k6/runner/paths.ts';
import { merged, type Values } from './release.ts';

/** Of one API pod: cores, MiB, and how many processes share them. */
export interface PodSize {
  cpu: number;
  memoryMi: number;
  workers: number;
}

/** What an experiment installs, from k8s/experiments/<name>.yaml over the chart's preset. */
export interface Manifest {
  name: string;
  size: PodSize;
  pods: { min: number; max: number };
  hpa: Values;
}

interface Api {
  minReplicas: number;
  maxReplicas: number;
  workers: number;
  resources: { limits: { cpu: string; memory: string } };
}

/** Least memory for a Node process with a heap. */
const LEAST_MI = 256;
const MEBIBYTES: Record<string, number> = { Mi: 1, Gi: 1024 };

const read = (...path: string[]): Values => parse(readFileSync(join(root, ...path), 'utf8')) as Values;

/** @param factor the pods' cores and memory, and what of the signals grows with them, are the file's times this */
export function readManifest(name: string, factor: number): Manifest {
  const { preset, api = {}, hpa = {} } = read('k8s', 'experiments', `${name}.yaml`)['concert-api'] as Values;
  const presets = read('charts', 'concert-api', 'presets.yaml') as Record<string, { api: Values }>;
  const base = presets[String(preset)]?.api ?? {};
  const { minReplicas, maxReplicas, workers, resources } = merged(base, api as Values) as unknown as Api;
  const { limits } = resources;
  return {
    name,
    size: {
      cpu: cores(limits.cpu) * factor,
      memoryMi: Math.max(LEAST_MI * workers, Math.round(mebibytes(limits.memory) * factor)),
      workers,
    },
    pods: { min: minReplicas, max: Math.max(minReplicas, maxReplicas) },
    hpa: scaledSignals(hpa as Values, factor),
  };
}

const cores = (quantity: string): number =>
  quantity.endsWith('m') ? Number(quantity.slice(0, -1)) / 1000 : Number(quantity);

function mebibytes(quantity: string): number {
  const [, amount = '', unit = ''] = /^([\d.]+)([MG]i)$/.exec(quantity) ?? [];
  return Number(amount) * (MEBIBYTES[unit] ?? NaN);
}

/** A pod of half the cores answers half the requests at once, and lets half as many people wait. */
function scaledSignals(hpa: Values, factor: number): Values {
  const grows = ['requestsInFlight', 'waiting'];
  return Object.fromEntries(
    Object.entries(hpa).map(([name, value]) => [
      name,
      grows.includes(name) ? String(Math.ceil(Number(value) * factor)) : value,
    ]),
  );
}

/** Values of charts/concert-api: the manifest's pods beside one worker, and the room that they need. */
export function valuesOf({ size, pods, hpa }: Omit<Manifest, 'name'>): Values {
  const { cpu, memoryMi, workers } = size;
  const millicores = Math.round(cpu * 1000);
  // The scheduler finds room by requests; what is measured is the limit.
  const asked = { cpu: `${Math.min(100, millicores)}m`, memory: `${Math.min(160, memoryMi)}Mi` };
  const worker = { requests: { cpu: '50m', memory: '160Mi' }, limits: { cpu: '400m', memory: '320Mi' } };
  return {
    preset: 'thin',
    api: {
      minReplicas: pods.min,
      maxReplicas: pods.max,
      workers,
      poolMax: 16,
      resources: { requests: asked, limits: { cpu: `${millicores}m`, memory: `${memoryMi}Mi` } },
    },
    worker: { resources: worker },
    hpa,
    budget: {
      requests: { cpu: '4', memory: '8Gi' },
      limits: { cpu: `${pods.max * millicores + 400}m`, memory: `${pods.max * memoryMi + 320}Mi` },
      quota: false,
    },
  };
}
