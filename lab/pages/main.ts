// npm run lab -- pages: scripts/lab/pages.js starts it.
import { leaveTheServersCore } from '../bench/lib/context.ts';
import { killAll } from '../bench/lib/processes.ts';
import { compareLooks } from './looks/compare.ts';
import { MEASURES, measureRound, type Round } from './measure.ts';
import { readArguments } from './options.ts';
import { makePictures } from './pictures.ts';
import { openStage } from './stage.ts';

/** Of the demonstration (src/cli/seed/shop.ts): a hall of 1,000 seats. */
const CONCERT = 'Opening in a Minute';

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const shown = (value: number, unit: string): string => (unit === 'ms' ? value.toFixed(0) : value.toFixed(4));

/** @returns a line of the table, and whether the limit is kept */
function judge(
  rounds: Round[],
  { name, unit, atMost }: (typeof MEASURES)[number],
): { line: string; isKept: boolean } {
  const values = rounds.map((round) => round[name] ?? NaN);
  const range = [Math.min(...values), Math.max(...values)].map((value) => shown(value, unit)).join('–');
  const isKept = atMost === undefined || median(values) <= atMost;
  const limit = atMost === undefined ? '–' : `${atMost} ${unit}`.trim();
  const verdict = atMost === undefined ? '–' : isKept ? 'yes' : 'no';
  const cells = [name, `${shown(median(values), unit)} ${unit}`.trim(), range, limit, verdict];
  return { line: `| ${cells.join(' | ')} |`, isKept };
}

async function measure(count: number): Promise<boolean> {
  const stage = await openStage();
  await stage.enter(1, 1, stage.stillQueueId); // is admitted, and stays
  const rounds: Round[] = [];
  for (let round = 0; round < count; round++) {
    rounds.push(await measureRound(stage, round, CONCERT));
    process.stdout.write(`round ${round + 1} of ${count}\n`);
  }
  await stage.close();
  const judged = MEASURES.map((each) => judge(rounds, each));
  const head = '| what | median | range | limit | kept |\n|---|---|---|---|---|';
  process.stdout.write(`\n${head}\n${judged.map(({ line }) => line).join('\n')}\n`);
  return judged.every(({ isKept }) => isKept);
}

async function main(): Promise<number> {
  const { rounds, isPictures, isComparison } = readArguments(process.argv.slice(2));
  if (isComparison) return (await compareLooks()) ? 0 : 1;
  leaveTheServersCore();
  if (!isPictures) return (await measure(rounds)) ? 0 : 1;
  const stage = await openStage({ QUEUE_MAX_ACTIVE: 30 });
  await makePictures(stage);
  await stage.close();
  return 0;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
void main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    killAll();
    process.exit(1);
  },
);
