import { capacityOf, type Measured, perThousand } from '../capacity.ts';
import type { Experiment } from '../experiment.ts';
import { scaled } from '../sizes.ts';

/** The study's grid: CPU / memory in GiB, one pod with as many processes as cores. */
const GRID = [
  { cpu: 2, memoryMi: 4096 },
  { cpu: 4, memoryMi: 8192 },
  { cpu: 6, memoryMi: 8192 },
  { cpu: 8, memoryMi: 16_384 },
];

/** How much the API carries at each of the study's sizes, and what a thousand requests a second cost. */
export const size: Experiment = async (bench) => {
  const measured: Measured[] = [];
  for (const { cpu, memoryMi } of GRID) {
    const name = `${cpu}-${memoryMi / 1024}`;
    if (bench.only.length > 0 && !bench.only.includes(name)) continue;
    const size = scaled({ cpu, memoryMi, workers: cpu }, bench.factor);
    measured.push(await capacityOf(bench, { name, size, pods: 1 }));
  }
  const best = measured.reduce((one, other) =>
    other.rate / other.size.cpu > one.rate / one.size.cpu ? other : one,
  );
  const rows = measured.map(({ name, size: of, rates, rate, p99Ms }) => [
    ...[
      name.replace('-', ' / '),
      `${of.cpu.toFixed(2)} / ${of.memoryMi} Mi`,
      String(of.workers),
      rates.join(', '),
    ],
    ...[String(rate), p99Ms.toFixed(0), perThousand(of.cpu, rate), perThousand(of.memoryMi / 1024, rate)],
  ]);
  return {
    verdict: `Most requests a core: ${best.name.replace('-', ' CPU / ')} GiB, ${Math.round(best.rate / best.size.cpu)} requests/s a core; sizes times ${bench.factor}.`,
    sections: [
      {
        title: 'Capacity by size',
        note: 'Requests/s of the mix of k6/breakpoint.ts with p99 ≤ 200 ms and ≤ 1 % failed; median of the runs.',
        table: {
          head: [
            ...['study, CPU / GiB', 'here, CPU / memory', 'processes', 'capacity of each run', 'capacity/s'],
            ...['p99 ms there', 'CPU for 1,000/s', 'GiB for 1,000/s'],
          ],
          rows,
        },
      },
    ],
    plots: [],
  };
};
