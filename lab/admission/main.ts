// npm run doors -- …: started by scripts/doors.js, which has brought the programs that it needs.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../faults/program.ts';
import { environment } from '../faults/report.ts';
import { root } from '../../k6/runner/paths.ts';
import { scoreOf } from './model/score.ts';
import { readArguments, type Wanted } from './options.ts';
import { reportOf, type Tried } from './report.ts';
import { runDoor } from './run.ts';
import type { Shape } from './scenarios.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const wanted = readArguments(args);
  process.setMaxListeners(0); // each run's system tidies up at the exit
  const folder = join(root, 'results', wanted.id);
  const tried: Tried[] = [];
  let text = '';
  for (const shape of wanted.shapes) {
    tried.push(await tryDoors(shape, wanted, folder));
    text = `${reportOf(tried, folder)}\n${environment(['npm run doors', ...(args.length > 0 ? ['--', ...args] : [])].join(' '))}`;
    writeFileSync(join(folder, 'report.md'), text); // after each shape: a run is long
  }
  say(`\n${text}\nReport: ${join(folder, 'report.md')}`);
  if (wanted.save) save(folder, text);
  return 0;
}

async function tryDoors(shape: Shape, { runs }: Wanted, folder: string): Promise<Tried> {
  say(`${shape.name}: ${shape.about}, ${shape.seconds} s`);
  const doors: Tried['doors'] = [];
  for (const door of ['auto', ...shape.caps.map(String)]) {
    const courses = [];
    for (let run = 1; run <= runs; run++) {
      const course = await runDoor(shape, door, join(folder, `${shape.name}-${door}-${run}`));
      const { perMinute, kept } = scoreOf(shape, course.seconds);
      say(
        `  ${door.padStart(6)}  ${perMinute.toFixed(0).padStart(6)} visits a minute  ${(kept * 100).toFixed(1).padStart(5)} % of seconds kept  p99 ${course.p99Ms.toFixed(0)} ms`,
      );
      courses.push(course);
    }
    doors.push({ door, runs: courses });
  }
  return { shape, doors };
}

function save(folder: string, text: string): void {
  const results = join(root, 'docs', 'results');
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'doors.md'), text);
  cpSync(join(folder, 'doors'), join(results, 'doors'), { recursive: true });
}

runProgram(main);
