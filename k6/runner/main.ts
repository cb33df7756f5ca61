// npm run load -- …: started by scripts/load.js, which has brought up what the run needs.
import { readFindings } from './findings.ts';
import { type Command, needsOf, readArguments } from './options.ts';
import { comparison, markdownTable, saveReport, verdict, writeReport } from './report.ts';
import { run } from './run.ts';

const args = process.argv.slice(2);

/** @returns the exit code: k6's own, or 1 when an invariant is violated */
async function act(command: Command): Promise<number> {
  if (command.command === 'compare') {
    process.stdout.write(`${markdownTable(comparison(command.ids.map((id) => readFindings(id))))}\n`);
    return 0;
  }
  if (command.command === 'report') {
    const { folder, findings } = writeReport(command.ids[0]);
    process.stdout.write(`${verdict(findings)}\n${folder.html}\n`);
    if (command.saveAs !== undefined) process.stdout.write(`${saveReport(findings, command.saveAs)}\n`);
    return 0;
  }
  const { meta } = await run(command);
  const { folder, findings } = writeReport(command.id, command.compareWith);
  process.stdout.write(`\n${verdict(findings)}\n\nReport: ${folder.html}\n        ${folder.markdown}\n`);
  if (meta.invariants?.ok === false) return 1;
  return command.scenario === 'breaker' ? 0 : meta.exitCode; // in outages thresholds are missed: the report says how
}

async function main(): Promise<void> {
  if (args[0] === '--plan') {
    process.stdout.write(JSON.stringify(needsOf(readArguments(args.slice(1)))));
    return;
  }
  try {
    process.exitCode = await act(readArguments(args));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    if (process.connected) process.disconnect(); // else the launcher's channel keeps this process alive
  }
}

void main();
