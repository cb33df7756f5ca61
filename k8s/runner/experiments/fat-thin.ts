import { capacityOf, type Measured, perThousand, type Setup } from '../capacity.ts';
import type { Experiment } from '../experiment.ts';

/** All have as many cores in all; the last is half of the second, for the gain of one more pod. */
const SETUPS: Setup[] = [
  { name: 'fat', pods: 1, size: { cpu: 2, memoryMi: 2048, workers: 2 } },
  { name: 'thin', pods: 2, size: { cpu: 1, memoryMi: 1024, workers: 1 } },
  { name: 'thinner', pods: 4, size: { cpu: 0.5, memoryMi: 512, workers: 1 } },
  { name: 'one-thin', pods: 1, size: { cpu: 1, memoryMi: 1024, workers: 1 } },
];

/** One big pod with several processes against small ones of as many cores in all: scale up or out. */
export const fatThin: Experiment = async (bench) => {
  const measured: Measured[] = [];
  for (const setup of SETUPS) {
    if (bench.only.length > 0 && !bench.only.includes(setup.name)) continue;
    const { cpu, memoryMi, workers } = setup.size;
    const size = {
      cpu: cpu * bench.factor,
      memoryMi: Math.max(256 * workers, memoryMi * bench.factor),
      workers,
    };
    measured.push(await capacityOf(bench, { ...setup, size }));
  }
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
              `${pods} × ${size.cpu.toFixed(2)}`,
              String(size.workers),
              rates.join(', '),
              String(rate),
            ],
            ...[p99Ms.toFixed(0), perThousand(size.cpu * pods, rate)],
          ]),
        },
      },
    ],
    plots: [],
  };
};
