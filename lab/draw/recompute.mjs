// Makes a draw again from what is published, without any code of the product: root, seed and order.
import { createHash } from 'node:crypto';

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** RFC 9162, 2.1.1. @param {Buffer[]} leaves */
function treeHash(leaves, from = 0, to = leaves.length) {
  if (to - from === 0) return sha256();
  if (to - from === 1) return sha256(Buffer.of(0), leaves[from]);
  let half = 1;
  while (half * 2 < to - from) half *= 2;
  return sha256(Buffer.of(1), treeHash(leaves, from, from + half), treeHash(leaves, from + half, to));
}

/** `compute_shuffled_index` of Ethereum's consensus specification, of 90 rounds, with hashes remembered per round. */
function shuffledIndices(count, seed) {
  const places = Array.from({ length: count }, (_, i) => i);
  for (let round = 0; round < 90; round++) {
    const pivot = Number(sha256(seed, Buffer.of(round)).readBigUInt64LE(0) % BigInt(count || 1));
    const blocks = new Map();
    const bitAt = (position) => {
      const block = Math.floor(position / 256);
      if (!blocks.has(block)) {
        const number = Buffer.alloc(4);
        number.writeUInt32LE(block);
        blocks.set(block, sha256(seed, Buffer.of(round), number));
      }
      return (blocks.get(block)[Math.floor((position % 256) / 8)] >> (position % 8)) & 1;
    };
    for (let i = 0; i < count; i++) {
      const flip = (pivot + count - places[i]) % count;
      if (bitAt(Math.max(places[i], flip)) === 1) places[i] = flip;
    }
  }
  return places;
}

function rootProblems(draw, registrants) {
  const problems = [];
  const seqs = registrants.map(([seq]) => seq);
  if (seqs.some((seq, i) => seq <= draw.firstSeq || seq > draw.lastSeq || seq <= (seqs[i - 1] ?? 0)))
    problems.push('registrants are out of order, or do not take part');
  if (registrants.length !== draw.registered)
    problems.push(`${registrants.length} registrants are published, ${draw.registered} are claimed`);
  const leaves = registrants.map(([seq, hash]) => {
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(BigInt(seq));
    return Buffer.concat([number, Buffer.from(hash, 'hex')]);
  });
  if (treeHash(leaves).toString('hex') !== draw.root)
    problems.push('the root is not that of the registrants');
  return problems;
}

function beaconProblems({ beacon, commitments }) {
  const [kind, ...words] = beacon.split(' ');
  if (kind === 'drand') return words.length === 3 ? [] : ['the beacon is not a round of drand'];
  if (kind !== 'reveal') return ['the beacon is of no known kind'];
  const problems = [];
  const named = commitments.map(({ hash, secret }) => `${hash}=${secret}`);
  if (named.join(' ') !== words.join(' ')) problems.push('the beacon is not what operators have revealed');
  if (commitments.length < 2) problems.push('fewer than two operators have committed');
  for (const { operator, hash, secret } of commitments)
    if (secret === null || sha256(secret).toString('hex') !== hash)
      problems.push(`what ${operator} has revealed is not what was committed to`);
  return problems;
}

/**
 * @param {string} queueId
 * @param {object} draw as GET /v1/api/queues/<queue>/draws has it
 * @param {[number, string][]} registrants as …/draws/<number>/registrants has them, all pages
 * @returns {{problems: string[], order: [number, number][]}} order: number of the token, number by the draw
 */
export function recompute(queueId, draw, registrants) {
  if (draw.seed === null) return { problems: ['the draw is not made yet'], order: [] };
  const problems = [...rootProblems(draw, registrants), ...beaconProblems(draw)];
  const text = `concert draw 1\n${queueId} ${draw.number}\n${draw.root}\n${draw.beacon}\n`;
  const seed = sha256(text);
  if (seed.toString('hex') !== draw.seed) problems.push('the seed is not the hash of root and beacon');
  const places = shuffledIndices(draw.lastSeq - draw.firstSeq, seed);
  return { problems, order: places.map((place, i) => [draw.firstSeq + 1 + i, draw.lastSeq + 1 + place]) };
}

/** Reads everything that is published of a queue's draws. */
export async function readDraws(url, queueId) {
  const get = async (path) => {
    const answer = await fetch(`${url}/v1/api/queues/${encodeURIComponent(queueId)}/${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()).data;
  };
  const read = [];
  for (const draw of await get('draws')) {
    const registrants = [];
    for (;;) {
      const last = registrants.at(-1);
      const after = last === undefined ? '' : `?after=${last[0]}`;
      const page = await get(`draws/${draw.number}/registrants${after}`);
      if (page.length === 0) break;
      for (const registrant of page) registrants.push(registrant);
    }
    read.push({ draw, registrants });
  }
  return read;
}
