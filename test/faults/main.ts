// npm run faults -- …: started by scripts/faults.js, which has brought the programs that it needs.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments, usage } from './options.ts';
import { nemeses } from './nemesis/index.ts';
import { reportOf } from './report.ts';
import { run } from './run.ts';
import { plan } from './schedule.ts';
import { canMount } from './system/small-disk.ts';
import { kafkaJars } from './system/kafka.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted === undefined) {
    say(usage());
    return 0;
  }
  const has = { kafka: wanted.kafka && kafkaJars() !== undefined, root: canMount() };
  const usable = nemeses.filter(({ needs }) => needs === undefined || has[needs]);
  const isUsable = (name: string): boolean =>
    !nemeses.some((one) => one.name === name) || usable.some((one) => one.name === name);
  for (const name of wanted.names.filter((one) => !isUsable(one)))
    say(`${name} is left out: it needs ${nemeses.find((one) => one.name === name)?.needs ?? ''}`);
  const names = wanted.names.filter(isUsable);
  const shape = { apis: 2, workers: 2, kafka: has.kafka };
  const phases = plan(names, wanted.seed, wanted.phaseMs, shape, usable);
  if (wanted.isPlanOnly) {
    say(JSON.stringify(phases, null, 2));
    return 0;
  }
  const folder = join(process.cwd(), 'results', wanted.id);
  const result = await run({
    ...shape,
    seed: wanted.seed,
    folder,
    smallDisk: names.includes('mariadb-full') || (names.includes('mixed') && has.root),
    buyers: wanted.buyers,
    phases,
    say,
  });
  const { text, passed } = reportOf(result, { seed: wanted.seed, names, hasKafka: has.kafka });
  writeFileSync(join(folder, 'report.md'), text);
  say(text);
  say(`\nReport: ${join(folder, 'report.md')}`);
  return passed || (wanted.isUntimed && result.violations.length === 0) ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(2);
  },
);
