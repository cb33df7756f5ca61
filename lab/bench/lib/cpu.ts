import { readFileSync } from 'node:fs';

/** Linux counts in ticks of USER_HZ, which is 100 a second on every architecture that Node runs on. */
const TICK_MS = 10;

/** CPU time that a process has used, all its threads together. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command's name stands in parentheses and may hold spaces: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
