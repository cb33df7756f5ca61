import type { Section } from '../../k6/runner/report/page.ts';
import type { Plot } from '../../k6/runner/plots/series.ts';
import type { Load } from './load/k6-job.ts';
import type { KubeProxy } from './cluster/kube.ts';
import type { LoadRun } from './load/load-run.ts';
import type { Values } from './cluster/release.ts';

/** Everything that an experiment may use. */
export interface Bench {
  id: string;
  kube: KubeProxy;
  /** Runs of each variant; the tables show medians. */
  runs: number;
  /** Sizes of pods and rates of requests are those of the study times this. */
  factor: number;
  /** Variables of the load, over the experiment's own. */
  variables: Record<string, string>;
  /** Only these variants; empty: all. */
  only: string[];
  readonly note: (text: string) => void;
  /** Installs the plan's variant and loads it; a run that results/<id>/ has already is read instead. */
  run(plan: Plan): Promise<LoadRun>;
  /** Installs other values in the middle of a run. */
  upgrade(plan: Plan, values: Values): Promise<void>;
}

/** One load on one variant, with its own report under results/<id>/<name>/. */
export interface Plan {
  name: string;
  /** Of charts/concert-api. Each run has its own queue, so that no user of an earlier run is left. */
  values: Values;
  load: Load;
  /** Once the variant is installed. */
  before?: () => Promise<void>;
  /** Beside the load. */
  meanwhile?: () => Promise<void>;
}

/** Result of an experiment. */
export interface Outcome {
  verdict: string;
  sections: Section[];
  plots: Plot[];
}

export type Experiment = (bench: Bench) => Promise<Outcome>;

export const seconds = (value: number | undefined): string =>
  value === undefined ? '–' : `${value.toFixed(1)} s`;
