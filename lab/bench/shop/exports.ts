import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ask, emptyDatabase } from '../lib/database.ts';
import { type Benchmark, once, type Result } from '../lib/results/result.ts';
import { Line } from '../lib/sales/line.ts';
import { OurServer } from '../lib/server.ts';

const ROWS = 1_000_000;
/** Parts of the export in each of which the memory is measured. */
const PARTS = 5;
const USER = 1;
const OPERATOR = 'benchmark';

const rssMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000;

interface Export {
  rows: number;
  seconds: number;
  /** Highest RSS in each part. */
  peaksMb: number[];
}

/** Reads a million rows of the ledger as CSV and throws them away. */
async function run(): Promise<Result[]> {
  await emptyDatabase();
  const line = await Line.start();
  await ask(`INSERT INTO member (id, name, balance) VALUES (${USER}, 'User', ${ROWS})`);
  await ask(`INSERT INTO payment_history (user_id, kind, amount, balance_after)
             SELECT ${USER}, 'CHARGE', 1, seq FROM seq_1_to_${ROWS}`);
  const key = await addOperator();
  const server = await OurServer.start();
  const startedMb = rssMb(server.pid);
  const { rows, seconds, peaksMb } = await read(server, key);
  await server.stop();
  await line.close();
  await ask(`DELETE FROM operator WHERE name = '${OPERATOR}'`);
  if (rows !== ROWS) throw new Error(`${rows} rows were read instead of ${ROWS}.`);
  const [, second = 0] = peaksMb;
  const last = peaksMb.at(-1) ?? 0;
  return [
    once('export-memory', last - second, {
      unit: 'MB',
      target: { atMost: 20 },
      counted: 'highest RSS in the last fifth of 1,000,000 rows above that in the second',
      notes: [
        `${ROWS.toLocaleString('en')} rows in ${seconds.toFixed(1)} s; RSS ${Math.round(startedMb)} MB at the start, highest in each fifth ${peaksMb.map(Math.round).join(', ')} MB`,
      ],
    }),
  ];
}

async function addOperator(): Promise<string> {
  const key = `op_${randomBytes(32).toString('base64url')}`;
  const hash = createHash('sha256').update(key).digest('hex');
  await ask(`DELETE FROM operator WHERE name = '${OPERATOR}'`);
  await ask(`INSERT INTO operator (name, role, key_hash) VALUES ('${OPERATOR}', 'viewer', X'${hash}')`);
  return key;
}

async function read(server: OurServer, key: string): Promise<Export> {
  const startedAt = performance.now();
  const peaksMb = Array<number>(PARTS).fill(0);
  let lines = 0;
  for await (const chunk of await server.download('/v1/admin/exports/ledger.csv', key)) {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++;
    const part = Math.min(PARTS - 1, Math.floor((lines * PARTS) / ROWS));
    peaksMb[part] = Math.max(peaksMb[part] ?? 0, rssMb(server.pid));
  }
  return { rows: lines - 1, seconds: (performance.now() - startedAt) / 1000, peaksMb };
}

export const ledgerExport: Benchmark = {
  names: ['export-memory'],
  about: 'an export of 1,000,000 rows: memory of the process',
  run,
};
