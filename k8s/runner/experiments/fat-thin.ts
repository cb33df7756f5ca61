import { capacityOf, type Measured, perThousand } from '../capacity.ts';
import type { Experiment } from '../experiment.ts';
import { readManifest } from '../manifest.ts';

/** The first three have as many cores in all; the last is half of the second. */
const SETUPS = ['fat', 'thin', 'thinner', 'one-thin'];

/** One big pod with several processes against small ones of as many cores in all: scale up or out. */
export const fatThin: Experiment = async (bench) => {
  const measured: Measured[] = [];
  for (const name of bench.only.length > 0 ? bench.only : SETUPS)
    measured.push(await capacityOf(bench, readManifest(name, bench.factor)));
  const ratio = (name: string, to: string): string => {
    const rateOf = (it: string): number => measured.find((one) => one.name === it)?.rate ?? NaN;
    const value = rateOf(name) / rateOf(to);
    return Number.isFinite(value) ? value.toFixed(2) : '–';
  };
  return {
    verdict: `Two thin pods carry ${ratio('thin', 'one-thin')} times what one does; one fat pod of as many cores ${ratio('fat', 'thin')} times what two thin ones do.`,
    sections: [
      {
        title: 'One big pod or several small ones',
        note: 'Requests/s of the mix of k6/breakpoint.ts with p99 ≤ 200 ms and ≤ 1 % failed; median of the runs.',
        table: {
          head: [
            'setup',
            'pods × CPU',
            'processes a pod',
            'capacity of each run',
            'capacity/s',
            'p99 ms there',
            'CPU for 1,000/s',
          ],
          rows: measured.map(({ name, pods, size, rates, rate, p99Ms }) => [
            ...[
              name,
              `${pods.min} × ${size.cpu.toFixed(2)}`,
              String(size.workers),
              rates.join(', '),
              String(rate),
            ],
            ...[p99Ms.toFixed(0), perThousand(size.cpu * pods.min, rate)],
          ]),
        },
      },
    ],
    plots: [],
  };
};
