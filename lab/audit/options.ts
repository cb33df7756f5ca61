import { existsSync, readdirSync } from 'node:fs';
import options from '../../scripts/lib/arguments/options.js';
import { wholeNumber } from '../../scripts/lib/arguments/values.ts';

export const USAGE = `npm run lab -- audit URL|FOLDER      replays a sale from its transparency log, and judges it (docs/transparency.md)
  URL: https://…/v1/api/transparency/QUEUE; FOLDER: the same files, with checkpoint, key and tile/entries/
  --key KEY          the verifier key, from a source that you trust; without it the log's own word is taken
  --keep FILE        checkpoints seen by earlier audits: the log must have grown out of each, and this one is added
  --checkpoint FILE  a checkpoint from elsewhere; may be given several times
  --tiles            reads the tiles of hashes as well: buyers' pages prove by them that an entry is in the log
  --receipt FILE     a receipt of a buyer's page: its leaf must be in its place; may be given several times
npm run lab -- audit --sample N FOLDER   writes the log of a made-up honest sale of N entries, to measure audits with
Exit code: 0 everything is as it must be; 1 something is not; 2 it cannot be decided`;

export interface Wanted {
  where: string;
  key: string | undefined;
  keep: string | undefined;
  checkpoints: string[];
  receipts: string[];
  /** Read the tiles of hashes as well. */
  tiles: boolean;
  /** Write a sample of this many entries instead. */
  sample: number | undefined;
}

/** `name+id+key` (C2SP signed-note). */
const KEY = /^.+\+[0-9a-f]{8}\+[\w+/]+=*$/;

const MOST_ENTRIES = 100_000_000;

/** A log that somebody keeps as evidence must not get the key and the checkpoint of a made-up one. */
function demandNothingIn(folder: string): void {
  if (/^https?:/i.test(folder)) throw new Error(`--sample writes a folder, not "${folder}".`);
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`--sample: ${folder} is not empty, and a log in it would be overwritten.`);
}

/** @throws Error that says what is wrong */
export function readArguments(args: string[]): Wanted {
  const { values, positionals } = options.readOptions({
    args,
    allowPositionals: true,
    options: {
      key: { type: 'string' },
      keep: { type: 'string' },
      checkpoint: { type: 'string', multiple: true, default: [] },
      receipt: { type: 'string', multiple: true, default: [] },
      tiles: { type: 'boolean', default: false },
      sample: { type: 'string' },
    },
  });
  const [where, ...others] = positionals;
  if (where === undefined || others.length > 0) throw new Error('One URL or folder is wanted.');
  const sample =
    values.sample === undefined ? undefined : wholeNumber('--sample', values.sample, { max: MOST_ENTRIES });
  if (sample !== undefined) {
    const audited = [values.key, values.keep, ...values.checkpoint, ...values.receipt];
    if (values.tiles || audited.some((it) => it !== undefined))
      throw new Error('--sample goes alone: nothing is audited.');
    demandNothingIn(where);
  }
  if (values.key !== undefined && !KEY.test(values.key))
    throw new Error('--key wants a verifier key, name+id+key, as the file "key" of a log has it.');
  const { key, keep, checkpoint: checkpoints, receipt: receipts, tiles } = values;
  return { where, key, keep, checkpoints, receipts, tiles, sample };
}
