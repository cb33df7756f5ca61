import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimsOf } from './answers.ts';

const BASE = '/v1/api/transparency/main';
const READ_EVERY_MS = 5000;
const TIMEOUT_MS = 2000;
const PATIENCE_MS = 60_000;
const SETTLED = { everyMs: 2500, reads: 2 };
/** The audit could not decide. */
const UNKNOWN = 2;

interface Receipt {
  leafIndex: number;
  leaf: string;
  checkpoint: string;
}

/** Outsiders of a sale: they keep checkpoints and receipts while it goes on, and judge its log by them afterwards. */
export class Outsiders {
  readonly checkpoints: string[] = [];
  readonly receipts: Receipt[] = [];
  private key = '';
  private readonly ending = new AbortController();
  private reading: Promise<void> = Promise.resolve();
  private readonly ports: number[];
  private readonly folder: string;

  constructor(ports: number[], folder: string) {
    this.ports = ports;
    this.folder = folder;
  }

  start(): void {
    this.reading = this.read();
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.reading;
  }

  /** Keeps what a buyer's page would keep of this token, if the log already has it. */
  async keepReceipt(token: string): Promise<void> {
    const { seq, gen } = claimsOf(token);
    const text = await this.get(`inclusion?seq=${seq}&generation=${gen}`);
    if (text !== undefined) this.receipts.push((JSON.parse(text) as { data: Receipt }).data);
  }

  /** Resolves when the log has stopped growing: its worker writes every two seconds, and signs only what is new. */
  async untilSettled(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    let [last, same] = [await this.get('checkpoint'), 0];
    while (performance.now() < deadline) {
      await sleep(SETTLED.everyMs);
      const note = await this.get('checkpoint');
      same = note !== undefined && note === last ? same + 1 : 0;
      if (same === SETTLED.reads) return;
      last = note;
    }
    throw new Error('The log does not settle.');
  }

  /** `npm run lab -- audit`, with all that was kept. @returns its exit code and what it has said */
  audit(): Promise<{ code: number; output: string }> {
    const keep = join(this.folder, 'checkpoints.json');
    writeFileSync(keep, JSON.stringify({ key: this.key, checkpoints: [...new Set(this.checkpoints)] }));
    const files = this.receipts.map((receipt, i) => {
      const file = join(this.folder, `receipt-${i}.json`);
      writeFileSync(file, JSON.stringify(receipt));
      return ['--receipt', file];
    });
    const program = join(process.cwd(), 'lab', 'audit', 'main.ts');
    const args = [...process.execArgv, program, this.url(), '--keep', keep, '--tiles', ...files.flat()];
    return new Promise((resolve) => {
      execFile(process.execPath, args, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? UNKNOWN), output: stdout + stderr }),
      );
    });
  }

  private url = (turn = 0): string => `http://127.0.0.1:${this.ports[turn % this.ports.length] ?? 0}${BASE}`;

  private async read(): Promise<void> {
    while (!this.ending.signal.aborted) {
      if (this.key === '') this.key = ((await this.get('key')) ?? '').trim();
      const note = await this.get('checkpoint');
      if (note !== undefined) this.checkpoints.push(note);
      await sleep(READ_EVERY_MS, undefined, { signal: this.ending.signal }).catch(() => undefined);
    }
  }

  /** Undefined: it is not there yet, or the process that was asked is down. */
  private async get(path: string): Promise<string | undefined> {
    for (const turn of this.ports.keys()) {
      try {
        const answer = await fetch(`${this.url(turn)}/${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
        const text = await answer.text();
        if (answer.ok) return text;
      } catch {
        // the next one
      }
    }
    return undefined;
  }
}
