import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RunningRoot, sha256 } from './log/hashing.ts';
import { bundlePath } from './log/source.ts';

const ORIGIN = 'sample/queue';
const START_MS = 1_800_000_000_000;
const LIMIT = 1000;
const BUNDLE = 256;
/** Every tenth user is passed over once and comes back, every twentieth never pays. */
const [ABSENT, UNPAID] = [10, 20];

/** The leaves of an honest sale in which everybody gets in: it is made up, to measure audits with. */
function* leaves(entries: number): Generator<string> {
  let ms = START_MS;
  yield `begin ${ms} 1048577 0 0 0 0 0 0 - - - - -`;
  yield `sale ${ms} OPEN`;
  for (let seq = 1; seq <= entries; seq++) {
    if (seq % 50 === 0) ms++;
    yield `issue ${ms} ${seq} 1048577 ${sha256(String(seq)).toString('base64')}`;
  }
  for (let epoch = 1; epoch <= 3; epoch++) yield* presence((ms += 30_000), epoch, entries);
  yield `limit ${ms} fixed ${LIMIT} -`;
  let head = 0;
  const active: number[] = [];
  for (let seq = 1; seq <= entries; seq++) {
    if (seq % 20 === 0) ms++;
    if (seq % ABSENT === 0) continue;
    if (active.length === LIMIT) yield endOf(ms, active.shift() ?? 0);
    yield `admit ${ms} ${seq} next ${head}`;
    active.push(seq);
    head = seq;
    const passed = seq - 1;
    if (passed % ABSENT !== 0 || passed === 0) continue;
    if (active.length === LIMIT) yield endOf(ms, active.shift() ?? 0);
    yield `back ${ms} ${passed}`;
    yield `admit ${ms} ${passed} rejoined`;
    active.push(passed);
  }
  for (const seq of active) yield endOf(++ms, seq);
  yield `sale ${ms} SOLD_OUT`;
}

const endOf = (ms: number, seq: number): string =>
  `end ${ms} ${seq} ${seq % UNPAID === 0 ? 'expired' : 'paid'}`;

/** Everybody but those who are absent. */
function* presence(ms: number, epoch: number, entries: number): Generator<string> {
  yield `epoch ${ms} ${epoch}`;
  for (let first = 0; first <= entries; first += 65_536) {
    const bits = Buffer.alloc(Math.ceil((Math.min(65_535, entries - first) + 1) / 8));
    for (let seq = Math.max(1, first); seq <= Math.min(entries, first + 65_535); seq++) {
      const byte = (seq - first) >>> 3;
      if (seq % ABSENT !== 0) bits[byte] = (bits[byte] ?? 0) | (0x80 >>> (seq & 7));
    }
    yield `present ${ms} ${epoch} ${first / 65_536} 0 ${bits.toString('base64')}`;
  }
}

/** Writes the log as a folder, signed with a new key. */
export function writeSample(folder: string, entries: number): void {
  const running = new RunningRoot();
  let bundle: Buffer[] = [];
  const write = (path: string, bytes: Buffer | string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  };
  const flush = (): void => {
    if (bundle.length === 0) return;
    const index = Math.floor((running.size - 1) / BUNDLE);
    write(
      bundlePath(index, bundle.length),
      Buffer.concat(bundle.flatMap((entry) => [lengthOf(entry), entry])),
    );
    bundle = [];
  };
  let ms = '';
  for (const leaf of leaves(entries)) {
    const entry = Buffer.from(leaf);
    running.add(entry);
    ms = leaf.split(' ', 2)[1] ?? '';
    bundle.push(entry);
    if (bundle.length === BUNDLE) flush();
  }
  flush();
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = Buffer.concat([Buffer.of(1), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
  const id = sha256(Buffer.concat([Buffer.from(`${ORIGIN}\n`), key])).subarray(0, 4);
  const text = `${ORIGIN}\n${running.size}\n${running.root().toString('base64')}\ntime ${ms}\n`;
  const signature = Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]).toString('base64');
  write('checkpoint', `${text}\n— ${ORIGIN} ${signature}\n`);
  write('key', `${ORIGIN}+${id.toString('hex')}+${key.toString('base64')}\n`);
}

function lengthOf(entry: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(entry.length);
  return length;
}
