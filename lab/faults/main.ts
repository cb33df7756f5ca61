// npm run lab -- faults: scripts/lab/faults.js starts it, after it has got the programs that it needs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hammer } from './runs/hammer.ts';
import { nemeses } from './nemesis/index.ts';
import { readArguments, type Wanted } from './options.ts';
import { runProgram } from './program.ts';
import { environment, hammerReport, type Report, reportOf, soakReport } from './report.ts';
import { run } from './runs/run.ts';
import { saleReport, withSale } from './sale/report.ts';
import { sale } from './sale/sale.ts';
import { plan } from './schedule.ts';
import { soak } from './runs/soak.ts';
import { kafkaJars } from './system/kafka.ts';
import { canMount } from './system/small-disk.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const wanted = readArguments(process.argv.slice(2));
  const folder = join(process.cwd(), 'results', wanted.id);
  const report = await act(wanted, folder);
  if (report === undefined) return 0;
  const command = `npm run lab -- faults ${process.argv.slice(2).join(' ')}${process.argv.includes('--seed') ? '' : ` --seed ${wanted.seed}`}`;
  const text = `${report.text}\n${environment(command)}`;
  writeFileSync(join(folder, 'report.md'), text);
  say(`${text}\nReport: ${join(folder, 'report.md')}`);
  if (wanted.saveAs !== undefined) save(text, wanted);
  const isForgiven = wanted.isUntimed && wanted.act === 'nemeses';
  return report.violations === 0 && (report.reached || isForgiven) ? 0 : 1;
}

function save(text: string, { act, saveAs }: Wanted): void {
  const results = join(process.cwd(), 'docs', 'results');
  const page = join(results, 'README.md');
  if (act === 'sale') {
    writeFileSync(page, withSale(readFileSync(page, 'utf8'), text));
    return;
  }
  mkdirSync(join(results, 'faults'), { recursive: true });
  writeFileSync(join(results, 'faults', `${saveAs ?? ''}.md`), text);
}

async function act(wanted: Wanted, folder: string): Promise<Report | undefined> {
  const { seed, buyers, names } = wanted;
  const hasKafka = wanted.kafka && kafkaJars() !== undefined;
  const shape = { apis: 2, workers: 2, kafka: hasKafka };
  if (wanted.act === 'hammer')
    return hammerReport(
      await hammer({ seed, folder, attempts: wanted.attempts, limitMs: wanted.totalMs, say }),
    );
  if (wanted.act === 'sale')
    return saleReport(await sale({ seed, folder, entries: wanted.entries, limitMs: wanted.totalMs, say }));
  if (wanted.act === 'soak')
    return soakReport(
      await soak({ ...shape, seed, folder, smallDisk: false, buyers, seconds: wanted.totalMs / 1000, say }),
    );
  const has = { kafka: hasKafka, root: canMount() };
  const lacks = (name: string): string | undefined => {
    const needed = nemeses.find((one) => one.name === name)?.needs;
    return needed === undefined || has[needed] ? undefined : needed;
  };
  for (const name of names)
    if (lacks(name) !== undefined) say(`${name} is left out: it needs ${lacks(name) ?? ''}`);
  const usable = nemeses.filter(({ name }) => lacks(name) === undefined);
  const possible = names.filter((name) => lacks(name) === undefined);
  if (possible.length === 0) throw new Error('Nothing is left to try.');
  const phases = plan(possible, seed, wanted.totalMs / names.length, shape, usable);
  if (wanted.isPlanOnly) {
    say(JSON.stringify(phases, null, 2));
    return undefined;
  }
  const smallDisk = has.root && possible.some((name) => name === 'mariadb-full' || name === 'mixed');
  return reportOf(await run({ ...shape, seed, folder, smallDisk, buyers, phases, say }));
}

runProgram(main);
