import {
  BeaconRefused,
  chainHash,
  commitmentOf,
  drandBeacon,
  drandNode,
  revealedBeacon,
} from '../../src/modules/waiting-room/opening/beacon';
import { LocalServer } from '../support/servers/local-server';

/** The default chain of the League of Entropy and its first round, as its nodes answer. */
const CHAIN = '8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce';
const INFO = {
  public_key:
    '868f005eb8e6e4ca0a47c8a77ceaa5309a47978a7c71bc5cce96366b5d7a569937c529eeda66c7293784a9402801af31',
  period: 30,
  genesis_time: 1_595_431_050,
  hash: CHAIN,
  groupHash: '176f93498eac9ca337150b46d21dd58673ea4e3581185f869672e59fa4cb390a',
  schemeID: 'pedersen-bls-chained',
  metadata: { beaconID: 'default' },
};
const ROUND = {
  round: 1,
  randomness: '101297f1ca7dc44ef6088d94ad5fb7ba03455dc33d53ddb412bbc4564ed986ec',
  signature:
    '8d61d9100567de44682506aea1a7a6fa6e5491cd27a0a0ed349ef6910ac5ac20ff7bc3e09d7c046566c9f7f3c6f3b10104990e7cb424998203d8f7de586fb7fa5f60045417a432684f85093b06ca91c769f0e7ca19268375e659c2a2352b4655',
  previous_signature: INFO.groupHash,
};
const BEFORE = new Date(INFO.genesis_time * 1000);

describe('a round of drand', () => {
  let answers: Record<string, unknown>;
  const server = new LocalServer((req, res) => {
    const answer = answers[req.url ?? ''];
    res.writeHead(answer === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify(answer ?? {}));
  });
  beforeAll(() => server.open());
  beforeEach(() => {
    answers = { [`/${CHAIN}/info`]: INFO, [`/${CHAIN}/public/1`]: ROUND };
  });
  afterAll(() => server.close());

  const read = (closesAt = BEFORE, round = 1): Promise<string | undefined> => {
    return drandBeacon(
      drandNode(server.origin),
      { chain: CHAIN, round },
      { closesAtMs: closesAt.getTime(), nowMs: Date.now() },
    );
  };

  it('is the beacon, if the chain and the round are those that were named', async () => {
    expect(chainHash(INFO)).toBe(CHAIN);
    expect(await read()).toBe(`drand ${CHAIN} 1 ${ROUND.signature}`);
  });

  it('is awaited as long as it is not made', async () => {
    expect(await read(BEFORE, 2 ** 40)).toBeUndefined();
  });

  it('is refused if it could be known before the registration closed', async () => {
    await expect(read(new Date(BEFORE.getTime() + 1))).rejects.toThrow(BeaconRefused);
  });

  it.each([
    ['another chain', { [`/${CHAIN}/info`]: { ...INFO, genesis_time: INFO.genesis_time + 30 } }],
    ['another round', { [`/${CHAIN}/public/1`]: { ...ROUND, round: 2 } }],
    ['another randomness', { [`/${CHAIN}/public/1`]: { ...ROUND, randomness: CHAIN } }],
  ])('is refused if the node answers with %s', async (_what, other) => {
    Object.assign(answers, other);
    await expect(read()).rejects.toThrow(BeaconRefused);
  });

  it('is not read to the end when the answer is larger than any round', async () => {
    answers[`/${CHAIN}/info`] = { ...INFO, more: 'x'.repeat(20_000) };
    await expect(read()).rejects.toThrow('drand: the answer is larger than 16384 bytes');
  });

  it('is not read from a node that does not have the chain', async () => {
    answers = {};
    await expect(read()).rejects.toThrow(`${server.origin}/${CHAIN}/info answers 404`);
  });
});

describe('what operators reveal', () => {
  const committed = (operator: string, secret: string | null) => ({
    operator,
    secret,
    hash: commitmentOf(`${operator}-secret`),
  });

  it('is the beacon when all who have committed have revealed, and at least two', () => {
    const [kim, lee] = [committed('kim', 'kim-secret'), committed('lee', 'lee-secret')];
    expect(revealedBeacon([kim])).toBeUndefined();
    expect(revealedBeacon([kim, { ...lee, secret: null }])).toBeUndefined();
    expect(revealedBeacon([kim, lee])).toBe(`reveal ${kim.hash}=kim-secret ${lee.hash}=lee-secret`);
  });
});
