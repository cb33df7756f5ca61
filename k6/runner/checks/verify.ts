import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../paths.ts';

interface Report {
  ok: boolean;
  results: { id: string; about: string; verdict: string; reason?: string; findings: unknown[] }[];
}

export interface Invariants {
  ok: boolean;
  findings: string[];
}

/** What `verify --json` has printed. @throws SyntaxError when that was nothing */
export function invariantsOf(printed: string): Invariants {
  const { ok, results } = JSON.parse(printed) as Report;
  const findings = results
    .filter(({ verdict }) => verdict !== 'ok')
    .map(
      ({ id, about, verdict, reason, findings: rows }) =>
        `${id} ${verdict}: ${about}${reason ? ` (${reason})` : ''} ${JSON.stringify(rows).slice(0, 300)}`,
    );
  return { ok, findings };
}

/** `npm run db -- verify` on the run's database and a queue. */
export function verify(env: Record<string, string>, queueId = env.QUEUE_ID ?? 'main'): Promise<Invariants> {
  const args = [join(root, 'dist', 'cli', 'verify.js'), '--json', '--queue', queueId];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { env: { ...process.env, ...env }, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        try {
          resolve(invariantsOf(stdout));
        } catch {
          reject(error ?? new Error(`verify printed nothing: ${stderr.slice(-500)}`));
        }
      },
    );
  });
}
