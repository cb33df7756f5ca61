import { createHash } from 'node:crypto';
import { leafHash, splitHashes, TILE_WIDTH } from '../../src/common/merkle/hash';
import { TileProver } from '../../src/common/merkle/proof';
import { type FullTile, GrowingTree } from '../../src/common/merkle/tree';

/** The reference tree of RFC 6962 as Certificate Transparency tests it. */
const ENTRIES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'].concat(
  '606162636465666768696a6b6c6d6e6f',
);
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const PROOF_OF_FIRST = [
  '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
  '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
  '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
];

const grown = (leaves: Buffer[]): { tree: GrowingTree; tiles: FullTile[] } => {
  const tree = new GrowingTree();
  return { tree, tiles: leaves.flatMap((leaf) => tree.append(leaf)) };
};

/** Hashes of subtrees of 256^level leaves, of the tree with these leaves. */
const readTileOf =
  (leaves: Buffer[], tiles: FullTile[]) =>
  async (level: number, index: number): Promise<Buffer> => {
    const full = tiles.find((tile) => tile.level === level && tile.index === index);
    if (full !== undefined) return Promise.resolve(full.hashes);
    const below =
      level === 0 ? leaves : tiles.filter((tile) => tile.level === level - 1).map(({ root }) => root);
    return Promise.resolve(Buffer.concat(below.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH)));
  };

describe('the Merkle tree of a log', () => {
  const leaves = ENTRIES.map((hex) => leafHash(Buffer.from(hex, 'hex')));

  it('has the roots of the reference tree of RFC 6962', () => {
    const roots = ROOTS.map((_, size) => grown(leaves.slice(0, size)).tree.root().toString('hex'));
    expect(roots).toEqual(ROOTS);
  });

  it('proves that the first leaf of the reference tree is in it', async () => {
    const proof = await new TileProver(8, readTileOf(leaves, [])).inclusion(0);
    expect(proof.map((hash) => hash.toString('hex'))).toEqual(PROOF_OF_FIRST);
  });

  it('proves each leaf of a tree of several levels of tiles', async () => {
    const many = Array.from({ length: 66_000 }, (_, i) => leafHash(Buffer.from(String(i))));
    const { tree, tiles } = grown(many);
    const prover = new TileProver(many.length, readTileOf(many, tiles));
    for (const index of [0, 255, 256, 65_535, 65_536, 65_999]) {
      const proof = await prover.inclusion(index);
      expect(rootOf(many[index] ?? Buffer.alloc(0), index, many.length, proof)).toEqual(tree.root());
    }
    expect(tiles.filter(({ level }) => level === 0)).toHaveLength(257);
    expect(tiles.find(({ level }) => level === 1)?.hashes).toEqual(
      Buffer.concat(tiles.filter(({ level, index }) => level === 0 && index < 256).map(({ root }) => root)),
    );
    expect(splitHashes(tiles[0]?.hashes ?? Buffer.alloc(0))).toEqual(many.slice(0, 256));
  });
});

/** Verifies as RFC 9162, 2.1.3.2 has it. */
function rootOf(leaf: Buffer, index: number, size: number, proof: Buffer[]): Buffer {
  const node = (left: Buffer, right: Buffer): Buffer => grown([left, right]).tree.root();
  let [fn, sn, r] = [index, size - 1, leaf];
  for (const p of proof) {
    if (fn % 2 === 1 || fn === sn) {
      r = node(p, r);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else r = node(r, p);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  expect(sn).toBe(0);
  return r;
}

it('a root is the Merkle tree hash of RFC 9162', () => {
  const sha256 = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
  const leaves = Array.from({ length: 13 }, (_, i) => Buffer.of(i));
  /** As the RFC defines it, by halves. */
  const hashOf = (of: Buffer[]): Buffer => {
    if (of.length === 0) return sha256();
    if (of.length === 1) return sha256(Buffer.of(0), ...of);
    let half = 1;
    while (half * 2 < of.length) half *= 2;
    return sha256(Buffer.of(1), hashOf(of.slice(0, half)), hashOf(of.slice(half)));
  };
  const tree = new GrowingTree();
  expect(tree.root()).toEqual(hashOf([]));
  leaves.forEach((leaf, i) => {
    tree.append(leafHash(leaf));
    expect(tree.root()).toEqual(hashOf(leaves.slice(0, i + 1)));
  });
});
