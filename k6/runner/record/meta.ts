import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { root } from '../paths.ts';
import type { Outcome } from '../rehearsal/outcome.ts';

/** Something that was done to the system in the middle of a run; seconds since its start. */
export interface Outage {
  service: string;
  from: number;
  until: number;
}

/** Description of a run. */
export interface Meta {
  id: string;
  scenario: string;
  variables: Record<string, string>;
  startedAt: string;
  seconds: number;
  /** k6's: 0 all thresholds kept, 99 some not. */
  exitCode: number;
  outages: Outage[];
  /** `npm run db -- verify` after it; undefined when the product is not ours to look into. */
  invariants?: { ok: boolean; findings: string[] };
  /** Result of a rehearsal. */
  rehearsal?: Outcome;
  environment: Record<string, string>;
}

/** The product's variables that a reader needs to repeat the run. */
const SETTINGS = /^(QUEUE_|BREAKER_|HOLD_|WORKERS|DATABASE_POOL_MAX|READ_CACHE|HTTP_QUEUE|NODE_OPTIONS)/;

/** The machine, the programs and the settings. */
export function describeEnvironment(
  env: Record<string, string | undefined>,
  k6: string,
): Record<string, string> {
  const [first] = cpus();
  const settings = Object.entries(env).filter(([name, value]) => SETTINGS.test(name) && value !== undefined);
  return {
    machine: `${first?.model ?? 'unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
    product: tell('git', ['describe', '--always', '--dirty'], root),
    node: process.version,
    k6: tell(k6, ['version']).split(' (')[0] ?? '',
    settings: settings.map(([name, value]) => `${name}=${value ?? ''}`).join(' ') || 'defaults',
  };
}

function tell(command: string, args: string[], cwd?: string): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', cwd, stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}

interface CpuTimes {
  busy: number;
  nice: number;
  steal: number;
  total: number;
}

/** Of the whole machine; other work on it shows as more than the run's own. */
export class MachineLoad {
  private readonly before = readTimes();

  /** Shares of the time since then. */
  since(): string {
    const now = readTimes();
    const total = now.total - this.before.total || 1;
    const share = (of: keyof CpuTimes): string =>
      `${Math.round((100 * (now[of] - this.before[of])) / total)} %`;
    return `${share('busy')} busy, ${share('steal')} stolen by other machines`;
  }
}

function readTimes(): CpuTimes {
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] =
    /^cpu +(\d.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]?.split(' ').map(Number) ?? [];
  const busy = user + nice + system + irq + softirq;
  return { busy, nice, steal, total: busy + idle + iowait + steal };
}
