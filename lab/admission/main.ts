// npm run lab -- admission: scripts/lab/admission.js starts it, after it has got the programs that it needs.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../k6/runner/paths.ts';
import { runProgram } from '../faults/program.ts';
import { environment } from '../faults/report.ts';
import { type ModelResult, scoreOf, scoreOnModel } from './model/score.ts';
import { readArguments, type Wanted } from './options.ts';
import { AUTO, type RealResult, reportOf } from './report.ts';
import { runProduct } from './run.ts';
import type { Scenario } from './scenarios.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const wanted = readArguments(args);
  process.setMaxListeners(0); // each run's system cleans up at the exit
  const folder = join(root, 'results', wanted.id);
  mkdirSync(folder, { recursive: true });
  const command = ['npm run lab -- admission', ...args].join(' ');
  const results: { model: ModelResult[]; real: RealResult[] } = { model: [], real: [] };
  // The report is written again after each scenario, because a run takes long.
  const report = (): string => {
    const text = `${reportOf(results, folder)}\n${environment(command)}`;
    writeFileSync(join(folder, 'report.md'), text);
    return text;
  };
  for (const scenario of wanted.modelScenarios) {
    results.model.push(runModel(scenario));
    report();
  }
  for (const scenario of wanted.scenarios) {
    results.real.push(await runScenario(scenario, wanted, folder));
    report();
  }
  const text = report();
  say(`\n${text}\nReport: ${join(folder, 'report.md')}`);
  if (wanted.save) save(folder, text);
  return 0;
}

function runModel(scenario: Wanted['modelScenarios'][number]): ModelResult {
  const result = scoreOnModel(scenario);
  const { auto, best } = result;
  say(
    `model ${scenario.name}: auto ${auto.perMinute.toFixed(0)} visits a minute (${percent(auto.kept)}), best fixed limit ${best.limit}: ${best.perMinute.toFixed(0)} (${percent(best.kept)})`,
  );
  return result;
}

async function runScenario(scenario: Scenario, { runs }: Wanted, folder: string): Promise<RealResult> {
  say(`${scenario.name}: ${scenario.about}, ${scenario.seconds} s`);
  const byLimit: RealResult['byLimit'] = [AUTO, ...scenario.limits.map(String)].map((limit) => ({
    limit,
    runs: [],
  }));
  // In turns, so that a machine that gets slower meanwhile does not decide between them.
  for (let run = 1; run <= runs; run++)
    for (const { limit, runs: timelines } of byLimit) {
      const timeline = await runProduct(scenario, limit, join(folder, `${scenario.name}-${limit}-${run}`));
      const { perMinute, kept } = scoreOf(scenario, timeline.seconds);
      say(
        `  ${limit.padStart(6)}  ${perMinute.toFixed(0).padStart(6)} visits a minute  ${percent(kept).padStart(7)} of seconds kept  p99 ${timeline.p99Ms.toFixed(0)} ms`,
      );
      timelines.push(timeline);
    }
  return { scenario, byLimit };
}

function save(folder: string, text: string): void {
  const saved = join(root, 'docs', 'results');
  mkdirSync(saved, { recursive: true });
  writeFileSync(join(saved, 'admission.md'), text);
  cpSync(join(folder, 'admission'), join(saved, 'admission'), { recursive: true });
}

runProgram(main);
