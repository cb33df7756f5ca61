import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { audit } from '../../lab/audit/audit';
import { leafHash } from '../../lab/audit/log/hashing';
import { sourceOf } from '../../lab/audit/log/source';
import { writeSample } from '../../lab/audit/sample';
import { decodeEntries } from '../../src/modules/transparency/bundle';
import { GrowingTree } from '../../src/common/merkle/tree';

const HASH_BYTES = 32;

describe('an audit of the tiles of hashes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tiles-'));
  const full = join('tile', '0', '000');
  const upper = join('tile', '1', '000.p', '3');
  afterAll(() => rmSync(folder, { recursive: true }));

  const write = (path: string, bytes: Buffer): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  };
  const problems = async (): Promise<string[]> => {
    const key = readFileSync(join(folder, 'key'), 'utf8');
    return (await audit(sourceOf(folder), { key, seen: [], tiles: true })).contradictions;
  };

  /** The tiles that the product makes of a made-up sale. */
  beforeAll(() => {
    writeSample(folder, 290);
    const bundles = join(folder, 'tile', 'entries');
    const partial = readdirSync(join(bundles, '003.p'))[0] ?? '';
    const files = ['000', '001', '002', join('003.p', partial)].map((name) =>
      readFileSync(join(bundles, name)),
    );
    const hashes = files.flatMap((file) => decodeEntries(file)).map(leafHash);
    const tree = new GrowingTree();
    const roots = hashes.flatMap((hash) => tree.append(hash)).map(({ root }) => root);
    expect(roots).toHaveLength(3);
    for (const [i, name] of ['000', '001', '002', join('003.p', partial)].entries())
      write(join('tile', '0', name), Buffer.concat(hashes.slice(256 * i, 256 * (i + 1))));
    write(upper, Buffer.concat(roots));
  });

  it('finds nothing in those of the product, whatever lies beside them', async () => {
    write('tile/entries/777', Buffer.from('not of this log'));
    write('tile/entries/000.p/300', Buffer.from('wider than a tile'));
    write('tile/9/000', Buffer.alloc(HASH_BYTES));
    expect(await problems()).toEqual([]);
  });

  it('finds a tile that has valid hashes of another level', async () => {
    const own = readFileSync(join(folder, upper));
    write(upper, readFileSync(join(folder, full)).subarray(0, own.length));
    expect(await problems()).toEqual([`${upper} does not have the hashes of the entries`]);
    write(upper, own);
    expect(await problems()).toEqual([]);
  });

  it('finds a tile that is not there', async () => {
    const own = readFileSync(join(folder, full));
    rmSync(join(folder, full));
    expect(await problems()).toEqual([`${full} is not there`]);
    write(full, own);
  });
});
