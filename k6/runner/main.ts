// npm run load -- …: started by scripts/load.js, which has brought up what the run needs.
import { readFindings } from './checks/findings.ts';
import { type Command, needsOf, readArguments } from './options.ts';
import { changesOf, changeTable, isCertainlyWorse } from './report/changes.ts';
import { rehearse } from './rehearsal/rehearse.ts';
import { isMet } from './report/outages.ts';
import { markdownTable } from './report/page.ts';
import { comparison, saveReport, verdict, writeReport } from './report.ts';
import { run } from './run.ts';

const args = process.argv.slice(2);

/** @returns the exit code: k6's own, or 1 when an invariant is violated, a demand on outages missed or a gate closed */
async function act(command: Command): Promise<number> {
  if (command.command === 'compare') return compare(command);
  if (command.command === 'report') {
    const { folder, findings } = writeReport(command.ids[0]);
    process.stdout.write(`${verdict(findings)}\n${folder.html}\n`);
    if (command.saveAs !== undefined) process.stdout.write(`${saveReport(findings, command.saveAs)}\n`);
    return 0;
  }
  if (command.command === 'rehearse') return rehearse(command);
  const { meta } = await run(command);
  const { folder, findings } = writeReport(command.id, command.compareWith);
  process.stdout.write(`\n${verdict(findings)}\n\nReport: ${folder.html}\n        ${folder.markdown}\n`);
  if (meta.invariants?.ok === false) return 1;
  if (command.scenario === 'breaker') return isMet(findings) ? 0 : 1;
  return meta.exitCode;
}

/** @returns 1 when the gate is wanted and the second run is worse for certain */
function compare({ ids, gate }: Extract<Command, { command: 'compare' }>): number {
  const [before, now] = [readFindings(ids[0]), readFindings(ids[1])];
  const changes = changesOf(before, now);
  const tables = [comparison([before, now]), changeTable(changes)].map(markdownTable);
  process.stdout.write(`${tables.join('\n\n')}\n`);
  const regressions = gate ? changes.filter((change) => isCertainlyWorse(change)) : [];
  for (const { name } of regressions) process.stdout.write(`GATE: ${name} is worse for certain\n`);
  return regressions.length > 0 ? 1 : 0;
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
