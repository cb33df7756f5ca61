import { completeRoot, leafHash, TILE_WIDTH } from '../../src/common/merkle/hash';
import { TileProver } from '../../src/common/merkle/proof';
import { GrowingTree } from '../../src/common/merkle/tree';
import { encodeEntries } from '../../src/modules/transparency/bundle';
import { SigningKey } from '../../src/modules/transparency/keys/signing-key';
import { readTilePath } from '../../src/modules/transparency/tile-path';
import { Blinding } from '../../src/modules/waiting-room/tokens/blinding';
import { TokenCodec } from '../../src/modules/waiting-room/tokens/token';
import { audit } from '../../lab/audit/audit';
import { checkEntry, type Entry, type Verdict } from '../../web/buyer/shop/receipt/check';

const ORIGIN = 'concert-reservation/main';
const START_MS = 1_900_000_000_000;
const NOTE_MS = START_MS + 100_000;
const key = new SigningKey('a secret of these tests', ORIGIN);
const blinding = new Blinding('a secret of these tests');
const codec = new TokenCodec('a secret of these tests!', '', blinding);

/** What the holder of the n-th token reads in it. */
function entryOf(seq: number): Entry {
  const token = codec.sign({ userId: 7 * seq, queueId: 'main', seq, gen: 1, iatMs: START_MS + seq }, 60_000);
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Entry;
}

const leafOf = (seq: number): Buffer =>
  Buffer.from(`issue ${START_MS + seq} ${seq} 1 ${blinding.commitment(`main-1-${seq}`, String(7 * seq))}`);

type Files = Record<string, string | Buffer | undefined>;

/** The files of a log as the product makes them; some may be others than it would make. */
class Log {
  private readonly hashes: Buffer[];

  constructor(
    readonly leaves: Buffer[],
    private readonly signed = leaves,
  ) {
    this.hashes = leaves.map(leafHash);
  }

  static of = (size: number): Log => new Log(Array.from({ length: size }, (_, i) => leafOf(i + 1)));

  tile(level: number, index: number, width: number): Buffer {
    const covered = TILE_WIDTH ** level;
    const from = index * TILE_WIDTH;
    const hashes = Array.from({ length: width }, (_, i) =>
      completeRoot(this.hashes.slice((from + i) * covered, (from + i + 1) * covered)),
    );
    return Buffer.concat(hashes);
  }

  private get note(): string {
    const tree = new GrowingTree();
    for (const leaf of this.signed) tree.append(leafHash(leaf));
    return key.checkpoint(this.signed.length, tree.root(), NOTE_MS);
  }

  reader(others: Files = {}): (path: string) => Promise<Uint8Array<ArrayBuffer> | undefined> {
    const known: Files = { key: `${key.verifierKey}\n`, checkpoint: this.note, ...others };
    return (path) => {
      const found = path in known ? known[path] : (this.inclusion(path) ?? this.file(path));
      return Promise.resolve(found === undefined ? undefined : Uint8Array.from(Buffer.from(found)));
    };
  }

  private inclusion(path: string): string | undefined {
    const [, seq = ''] = /^inclusion\?seq=(\d+)&/.exec(path) ?? [];
    const leafIndex = this.leaves.findIndex((leaf) => leaf.toString().split(' ')[2] === seq);
    return leafIndex < 0 ? undefined : JSON.stringify({ data: { leafIndex } });
  }

  private file(path: string): Buffer | undefined {
    const tile = path.startsWith('tile/') ? readTilePath(path.slice('tile/'.length)) : undefined;
    if (tile === undefined) return undefined;
    const { level, index, width } = tile;
    if (level !== 'entries') return this.tile(level, index, width);
    return encodeEntries(this.leaves.slice(index * TILE_WIDTH, index * TILE_WIDTH + width));
  }

  check = (seq: number, files?: Files, knownKey?: string): Promise<Verdict> =>
    checkEntry(entryOf(seq), this.reader(files), knownKey);
}

/** Not signed with the log's key. */
const stranger = new SigningKey('another secret', ORIGIN);

describe('the receipt that a buyer’s page makes', () => {
  it.each([1, 2, 3, 255, 256, 257, 700, 66_000])(
    'has the proof that the product makes of a log of %i leaves',
    async (size) => {
      const log = Log.of(size);
      const prover = new TileProver(size, (...of) => Promise.resolve(log.tile(...of)));
      for (const index of new Set([0, size >> 1, size - 1])) {
        const verdict = await log.check(index + 1, {}, key.verifierKey);
        const proof = (await prover.inclusion(index)).map((hash) => hash.toString('base64'));
        const leaf = leafOf(index + 1).toString();
        expect(verdict).toMatchObject({ kind: 'included', receipt: { leafIndex: index, leaf, proof } });
      }
    },
  );

  const log = Log.of(300);
  /** The tile with the hash that stands for its last 44 leaves, and others. */
  const edge = 'tile/0/001.p/44';

  it.each<[Verdict['kind'], string, () => Promise<Verdict>]>([
    ['tampered', 'a hash of a tile is another one', () => log.check(5, { [edge]: Buffer.alloc(44 * 32) })],
    ['tampered', 'a tile is missing', () => log.check(5, { [edge]: undefined })],
    [
      'tampered',
      'its leaf was changed after the signature',
      () => new Log(log.leaves.with(9, leafOf(9999)), log.leaves).check(9999),
    ],
    [
      'other-entry',
      'the log names another user',
      () => {
        const commitment = blinding.commitment('main-1-10', '1');
        const changed = log.leaves.with(9, Buffer.from(`issue ${START_MS + 10} 10 1 ${commitment}`));
        return new Log(changed).check(10);
      },
    ],
    ['other-entry', 'it is shown the place of another entry', () => log.check(5, hintOf(5, 17))],
    ['wrong-key', 'the key is not the one seen before', () => log.check(5, {}, stranger.verifierKey)],
    ['wrong-key', 'the key is no key', () => log.check(5, { key: 'concert-reservation/main+00000000+AQ==' })],
    [
      'wrong-key',
      'the key is that of another queue',
      () => log.check(5, { key: new SigningKey('a secret', 'concert-reservation/vip').verifierKey }),
    ],
    [
      'not-signed',
      'another key has signed the checkpoint',
      () => log.check(5, { checkpoint: stranger.checkpoint(300, Buffer.alloc(32), NOTE_MS) }),
    ],
    ['not-signed', 'the checkpoint is no note', () => log.check(5, { checkpoint: 'concert' })],
    ['late', 'there is no checkpoint yet', () => log.check(5, { checkpoint: undefined })],
    ['late', 'the log ends before its issue', () => log.check(301)],
    [
      'missing',
      'the log goes on without it',
      () => new Log([...log.leaves.slice(0, 9), leafOf(9999)]).check(10),
    ],
    ['off', 'there is no log', () => log.check(5, { key: undefined })],
    ['off', 'the token carries no blinding', () => checkEntry(withoutBlinding(5), log.reader())],
    [
      'unreachable',
      'a file cannot be read',
      () => checkEntry(entryOf(5), () => Promise.reject(new Error('503'))),
    ],
    [
      'unreachable',
      'the service answers nonsense',
      () => log.check(5, { 'inclusion?seq=5&generation=1': '<html>' }),
    ],
  ])('says %s when %s', async (kind, _why, check) => {
    expect((await check()).kind).toBe(kind);
  });

  it('says that nothing was checked where a browser has no Ed25519', async () => {
    const spy = jest.spyOn(crypto.subtle, 'generateKey').mockRejectedValue(new Error('NotSupportedError'));
    expect(await log.check(5)).toEqual({ kind: 'unchecked' });
    spy.mockRestore();
  });

  it('is taken by the audit, which finds a log that has another leaf in its place', async () => {
    const verdict = await log.check(5);
    const receipts = verdict.kind === 'included' ? [verdict.receipt] : [];
    const audited = async (of: Log): Promise<string[]> => {
      const read = async (path: string): Promise<Buffer | undefined> => {
        const bytes = await of.reader()(path);
        return bytes && Buffer.from(bytes);
      };
      return (await audit(read, { key: key.verifierKey, seen: [], receipts })).contradictions;
    };
    expect(await audited(log)).toEqual([]);
    expect(await audited(new Log(log.leaves.with(4, leafOf(9999))))).toEqual([
      'the first 300 leaves are not those that a checkpoint was signed for',
      'leaf 4 is not the one of a receipt',
    ]);
    expect(receipts).toHaveLength(1);
  });
});

const hintOf = (seq: number, leafIndex: number): Files => ({
  [`inclusion?seq=${seq}&generation=1`]: JSON.stringify({ data: { leafIndex } }),
});

function withoutBlinding(seq: number): Entry {
  const entry = entryOf(seq);
  delete entry.blinding;
  return entry;
}
