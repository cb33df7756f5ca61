import type { Section } from '../../k6/runner/report.ts';
import type { Plot } from '../../k6/runner/series.ts';
import type { KubeProxy } from './kube.ts';
import type { LoadRun } from './load-run.ts';
import type { Release, Values } from './release.ts';

/** What an experiment has to work with. */
export interface Bench {
  id: string;
  kube: KubeProxy;
  release: Release;
  /** Runs of each variant; the tables show medians. */
  runs: number;
  /** Sizes of pods and rates of requests are those of the study times this. */
  factor: number;
  /** Variables of the load, over the experiment's own. */
  variables: Record<string, string>;
  /** Only these variants; empty: all. */
  only: string[];
  readonly note: (text: string) => void;
  /** Installs `values` of charts/concert-api with a line of its own, so that no visitor of an earlier run is left. */
  deploy(name: string, values: Values): Promise<void>;
  /** Values of charts/concert: those of charts/concert-api, with the line of this experiment. */
  valuesOf(values: Values): Values;
  /** One load, with a report of its own under results/<id>/. */
  load(
    name: string,
    scenario: string,
    variables: Record<string, string | number>,
    meanwhile?: () => Promise<void>,
  ): Promise<LoadRun>;
}

/** What an experiment found. */
export interface Outcome {
  verdict: string;
  sections: Section[];
  plots: Plot[];
}

export type Experiment = (bench: Bench) => Promise<Outcome>;

export const seconds = (value: number | undefined): string =>
  value === undefined ? '–' : `${value.toFixed(1)} s`;
