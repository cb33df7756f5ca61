import { CAPACITY, capacityOf, perThousand } from '../load/capacity.ts';
import type { Experiment } from '../experiment.ts';
import { readManifest } from '../cluster/manifest.ts';
import { throughputOf } from '../load/throughput.ts';

/** The first three have as many cores in all; the last is half of the second. */
const SETUPS = ['fat', 'thin', 'thinner', 'one-thin'];

/** One big pod with several processes against small ones of as many cores in all: scale up or out. */
export const fatThin: Experiment = async (bench) => {
  const measured: { name: string; full: number; held: number; row: string[] }[] = [];
  for (const name of bench.only.length > 0 ? bench.only : SETUPS) {
    const manifest = readManifest(name, bench.factor);
    const { pods, size } = manifest;
    const held = await capacityOf(bench, manifest);
    const full = await throughputOf(bench, manifest);
    const row = [
      name,
      `${pods.min} × ${size.cpu.toFixed(2)}`,
      String(size.workers),
      full.rates.join(', '),
      String(full.rate),
      held.rates.join(', '),
      String(held.rate),
      held.p99Ms.toFixed(0),
      perThousand(size.cpu * pods.min, full.rate),
    ];
    measured.push({ name, full: full.rate, held: held.rate, row });
  }
  const ratio = (of: 'full' | 'held', name: string, to: string): string => {
    const rateOf = (it: string): number => measured.find((one) => one.name === it)?.[of] ?? NaN;
    const value = rateOf(name) / rateOf(to);
    return Number.isFinite(value) ? value.toFixed(2) : '–';
  };
  const compared = (of: 'full' | 'held'): string =>
    `two thin pods ${ratio(of, 'thin', 'one-thin')} times what one does, one fat pod of as many cores ${ratio(of, 'fat', 'thin')} times what two thin ones do`;
  return {
    verdict: `As fast as can be: ${compared('full')}. Within the objective: ${compared('held')}.`,
    sections: [
      {
        title: 'One big pod or several small ones',
        note: `Throughput: tokens a second when 64 clients ask without a pause. Capacity: ${CAPACITY}`,
        table: {
          head: [
            'setup',
            'pods × CPU',
            'processes a pod',
            'throughput of each run',
            'throughput/s',
            'capacity of each run',
            'capacity/s',
            'p99 ms there',
            'CPU for 1,000/s, busy',
          ],
          rows: measured.map(({ row }) => row),
        },
      },
    ],
    plots: [],
  };
};
