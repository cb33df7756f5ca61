import options from '../../scripts/lib/arguments/options.js';

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
  const sample = values.sample === undefined ? undefined : options.plainNumber(values.sample);
  if (sample !== undefined && !(Number.isInteger(sample) && sample > 0))
    throw new Error('--sample wants a number of entries.');
  if (values.key !== undefined && !KEY.test(values.key))
    throw new Error('--key wants a verifier key, name+id+key, as the file "key" of a log has it.');
  const { key, keep, checkpoint: checkpoints, receipt: receipts, tiles } = values;
  return { where, key, keep, checkpoints, receipts, tiles, sample };
}
