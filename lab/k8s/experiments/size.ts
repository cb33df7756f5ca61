import { CAPACITY, capacityOf, type Measured, perThousand } from '../load/capacity.ts';
import type { Experiment } from '../experiment.ts';
import { type Manifest, readManifest } from '../cluster/manifest.ts';

/** The study's grid, cores and GiB: one pod with as many processes as cores. */
const GRID = ['2-4', '4-8', '6-8', '8-16'];

/** A scaled pod has fewer cores, so it has fewer processes: as many as it has cores, begun ones included. */
const withProcesses = ({ size: of, ...rest }: Manifest): Manifest => ({
  ...rest,
  size: { ...of, workers: Math.min(of.workers, Math.ceil(of.cpu)) },
});

const inWords = (name: string): string => name.replace('size-', '').replace('-', ' / ');

/** How much the API carries at each of the study's sizes, and what a thousand requests a second cost. */
export const size: Experiment = async (bench) => {
  const measured: Measured[] = [];
  for (const name of bench.only.length > 0 ? bench.only : GRID)
    measured.push(await capacityOf(bench, withProcesses(readManifest(`size-${name}`, bench.factor))));
  const best = measured.reduce((one, other) =>
    other.rate / other.size.cpu > one.rate / one.size.cpu ? other : one,
  );
  const rows = measured.map(({ name, size: of, rates, rate, p99Ms }) => [
    inWords(name),
    `${of.cpu.toFixed(2)} / ${of.memoryMi} Mi`,
    String(of.workers),
    rates.join(', '),
    String(rate),
    p99Ms.toFixed(0),
    perThousand(of.cpu, rate),
    perThousand(of.memoryMi / 1024, rate),
  ]);
  return {
    verdict: `Most requests a core: ${inWords(best.name)} GiB, ${Math.round(best.rate / best.size.cpu)} requests/s a core; sizes times ${bench.factor}.`,
    sections: [
      {
        title: 'Capacity by size',
        note: CAPACITY,
        table: {
          head: [
            'study, CPU / GiB',
            'here, CPU / memory',
            'processes',
            'capacity of each run',
            'capacity/s',
            'p99 ms there',
            'CPU for 1,000/s',
            'GiB for 1,000/s',
          ],
          rows,
        },
      },
    ],
    plots: [],
  };
};
