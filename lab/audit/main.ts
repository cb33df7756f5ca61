// npm run lab -- audit: replays a sale from its transparency log. scripts/lab/audit.js starts it. It shares no code with
// the product: what the two agree on is the format (docs/transparency.md).
import { readFileSync } from 'node:fs';
import { audit, type Receipt } from './audit.ts';
import type { PublishedDraw } from './replay/draw.ts';
import { readKept, writeKept } from './log/kept.ts';
import { BadLog } from './log/note.ts';
import { readArguments, type Wanted } from './options.ts';
import { writeSample } from './sample.ts';
import { sourceOf } from './log/source.ts';
import { doubtsOf, isDishonest, verdictOf } from './verdict.ts';

const UNKNOWN = 2;

/** From beside the log: the service's list, or a file of it. A service without a list has published no draw. */
async function publishedDraws(where: string): Promise<PublishedDraw[] | undefined> {
  const file = await sourceOf(where)('draws.json');
  if (file !== undefined) return JSON.parse(file.toString('utf8')) as PublishedDraw[];
  if (!/^https?:/.test(where)) return undefined;
  const list = where.replace(/\/transparency\/([^/]+)\/?$/, '/queues/$1');
  const answer = await sourceOf(list)('draws');
  return answer === undefined ? [] : (JSON.parse(answer.toString('utf8')) as { data: PublishedDraw[] }).data;
}

/** @throws Error that names the file */
function readReceipt(file: string): Receipt {
  const receipt = JSON.parse(readFileSync(file, 'utf8')) as Partial<Receipt> | null;
  const { leafIndex, leaf, checkpoint } = receipt ?? {};
  if (typeof leafIndex !== 'number' || typeof leaf !== 'string' || typeof checkpoint !== 'string')
    throw new Error(`${file} is not a receipt.`);
  return { leafIndex, leaf, checkpoint };
}

async function run({
  where,
  key: givenKey,
  keep,
  checkpoints,
  receipts: files,
  tiles,
}: Wanted): Promise<number> {
  const startedAt = performance.now();
  const read = sourceOf(where);
  const kept = readKept(keep);
  const key = givenKey ?? kept?.key ?? (await read('key'))?.toString('utf8').trim();
  // Without a key there is nothing to judge: most often the address is not that of a log.
  if (key === undefined)
    throw new Error(
      `${where} has no verifier key: correct the address of the log, or give the key by --key.`,
    );
  const seen = [...(kept?.checkpoints ?? []), ...checkpoints.map((file) => readFileSync(file, 'utf8'))];
  const receipts = files.map(readReceipt);
  const audited = await audit(read, { key, seen, receipts, draws: await publishedDraws(where), tiles });
  if (givenKey === undefined && kept === undefined)
    process.stdout.write(
      'The key is the one that the log itself names: compare it with one that you trust.\n',
    );
  process.stdout.write(verdictOf(audited, (performance.now() - startedAt) / 1000));
  if (keep !== undefined)
    writeKept(keep, { key, checkpoints: [...(kept?.checkpoints ?? []), audited.checkpoint.note] });
  if (isDishonest(audited)) return 1;
  return doubtsOf(audited).length > 0 ? UNKNOWN : 0;
}

async function main(wanted: Wanted): Promise<void> {
  try {
    if (wanted.sample === undefined) process.exitCode = await run(wanted);
    else writeSample(wanted.where, wanted.sample);
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof BadLog ? 1 : UNKNOWN;
  }
}

void main(readArguments(process.argv.slice(2)));
