import fc from 'fast-check';
import request, { type Response } from 'supertest';
import { argon2id, inWebAssembly, zeroBits } from '../../../src/modules/waiting-room/tokens/gates/argon2';
import type { Passed } from '../../../src/modules/waiting-room/tokens/gates/gate';
import { ProofOfWork } from '../../../src/modules/waiting-room/tokens/gates/proof-of-work';
import { Redis } from '../../../src/platform/redis/redis';
import { WaitingRoomRegistry } from '../../../src/modules/waiting-room/registry';
import { Metrics } from '../../../src/platform/observability/metrics';
import { Buyer, outcome, tally } from '../../support/clients/buyer';
import { uniqueQueueId } from '../../support/config';
import { startTestService } from '../../support/service';
import { solve } from '../../support/solve';
import { useService } from '../../support/suite';
import { until } from '../../support/wait';

const BITS = 3;
const GATE = { TOKEN_GATE: 'proof-of-work', TOKEN_PROOF_OF_WORK_BITS: BITS };
const NOW_MS = 1_800_000_000_000;
const GEN = 3;
const secret = 'a secret of at least thirty-two bytes';

interface WorkProof {
  challenge: string;
  nonce: string;
}

/** Between the check of a proof and its spending: for a hash, for a connection, for the answer of a store. */
const MOST_WAIT_MS = 60_000;

describe('Argon2id', () => {
  it('counts the zero bits as a reader of the hash would', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 }), (hash) => {
        const text = [...hash].map((byte) => byte.toString(2).padStart(8, '0')).join('');
        expect(zeroBits(hash)).toBe(/^0*/.exec(text)?.[0].length);
      }),
    );
  });

  it('is the same in Node as in WebAssembly, where browsers and older versions compute it', async () => {
    for (const nonce of ['0', '31337', 'x_-'])
      expect(await argon2id(nonce, 'the challenge')).toEqual(
        Buffer.from(await inWebAssembly(nonce, 'the challenge')),
      );
  });
});

describe('a challenge', () => {
  const gate = new ProofOfWork({ bits: () => BITS, secret });
  const verify = async (
    userId: number,
    proof: WorkProof | undefined,
    { nowMs = NOW_MS, gen = GEN } = {},
  ): Promise<Passed> => gate.verify({ userId, proof, nowMs, gen, queueId: 'main', authorization: undefined });

  it('is solved for its user, in its time, and by no other nonce', async () => {
    const { challenge, bits, memoryKib, expiresInSeconds } = gate.issue(7, NOW_MS, GEN);
    expect([bits, memoryKib]).toEqual([BITS, 1024]);
    const proof = { challenge, nonce: await solve(challenge, BITS) };
    const lastMs = NOW_MS + expiresInSeconds * 1000 - 1;
    expect((await verify(7, proof)).isVerified).toBe(true);
    const { proof: spent } = await verify(7, proof, { nowMs: lastMs });
    expect(spent.lifeMs).toBeGreaterThan(expiresInSeconds * 1000 + MOST_WAIT_MS);
    const other = new ProofOfWork({ bits: () => 1, secret: 'x'.repeat(40) }).issue(7, NOW_MS, GEN).challenge;
    await expect(verify(7, proof, { nowMs: lastMs + 1 })).rejects.toThrow('expired');
    await expect(verify(7, proof, { gen: GEN + 1 })).rejects.toThrow('expired'); // Redis may have lost what is spent
    await expect(verify(8, proof)).rejects.toThrow('not yours');
    await expect(verify(7, undefined)).rejects.toThrow('no proof');
    const forged = { challenge: other, nonce: await solve(other, 1) };
    await expect(verify(7, forged)).rejects.toThrow('not yours');
    await expect(verify(7, { challenge: `${challenge}x`, nonce: '0' })).rejects.toThrow('not yours');
  });

  it('is good for one try: a wrong nonce costs a new challenge, and the process no second hash', async () => {
    let hashes = 0;
    const counting = new ProofOfWork({
      bits: () => BITS,
      secret,
      hash: (...of) => {
        hashes++;
        return argon2id(...of);
      },
    });
    const { challenge } = counting.issue(7, NOW_MS, GEN);
    const [wrong, right] = [await solve(challenge, BITS, { isWrong: true }), await solve(challenge, BITS)];
    for (const nonce of [wrong, wrong, right])
      await expect(
        counting.verify({
          userId: 7,
          proof: { challenge, nonce },
          nowMs: NOW_MS,
          gen: GEN,
          queueId: 'main',
          authorization: undefined,
        }),
      ).rejects.toThrow('does not solve');
    expect(hashes).toBe(1);
  });
});

describe('TOKEN_GATE=proof-of-work', () => {
  const OWN = uniqueQueueId();
  const app = useService({ ...GATE, QUEUES: `${OWN}=1000` });
  const ask = async (userId: number, proof?: object, queueId?: string, url = app.url): Promise<Response> =>
    request(url)
      .post('/v1/api/queue/token')
      .send({ userId, queueId, ...(proof && { proof }) });
  const challengeFor = async (userId: number): Promise<string> => {
    const answer = await request(app.url).post('/v1/api/queue/challenge').send({ userId });
    return (answer.body as { data: { challenge: string } }).data.challenge;
  };
  const solved = async (userId: number): Promise<WorkProof> => {
    const challenge = await challengeFor(userId);
    return { challenge, nonce: await solve(challenge, BITS) };
  };

  it('gives a token for a solution, once more the same for the same, and none without', async () => {
    const userId = await app.given.user();
    const proof = await solved(userId);
    expect(outcome(await ask(userId))).toBe('403 403');
    const first = await ask(userId, proof);
    expect(outcome(first)).toBe('200');
    expect((await ask(userId, proof)).text).toBe(first.text);
    expect(outcome(await ask(await app.given.user(), proof))).toBe('403 403');
    expect(outcome(await ask(userId, { ...proof, nonce: 'not one' }))).toBe('400 400');
    expect(outcome(await ask(userId, { challenge: proof.challenge }))).toBe('400 400');
  });

  describe('spends a proof once', () => {
    const SPENT = ['403 403', expect.stringContaining('spent')];
    const shown = (answer: Response): string[] => [outcome(answer), answer.text];
    /** Ends the user's entry, as payment does. */
    const finish = async (answer: Response): Promise<void> => {
      const { queueToken } = (answer.body as { data: { queueToken: string } }).data;
      const claims = Buffer.from(queueToken.split('.')[1] ?? '', 'base64url').toString();
      const { queueId, seq } = JSON.parse(claims) as { queueId: string; seq: number };
      await app.service.container.resolve(WaitingRoomRegistry).find(queueId)?.entries.endSession(seq);
    };

    it('in one queue: the other queues give nothing for it, whichever comes first', async () => {
      for (const [first, second] of [
        [undefined, OWN],
        [OWN, undefined],
      ]) {
        const userId = await app.given.user();
        const proof = await solved(userId);
        expect(outcome(await ask(userId, proof, first))).toBe('200');
        expect(shown(await ask(userId, proof, second))).toEqual(SPENT);
        expect(outcome(await ask(userId, proof, first))).toBe('200'); // the same entry, whose answer may be lost
      }
    });

    it('for one entry: after it has ended the user needs another proof', async () => {
      const userId = await app.given.user();
      const proof = await solved(userId);
      const first = await ask(userId, proof);
      await finish(first);
      expect(shown(await ask(userId, proof))).toEqual(SPENT);
      const again = await solve(proof.challenge, BITS, { from: Number(proof.nonce) + 1 });
      expect(shown(await ask(userId, { ...proof, nonce: again }))).toEqual(SPENT); // nor another solution
      const second = await ask(userId, await solved(userId));
      expect([outcome(second), second.text === first.text]).toEqual(['200', false]);
      expect(shown(await ask(userId, proof))).toEqual(['200', second.text]); // no other entry than the live one
    });

    it('though it was sent for a live entry, made by another proof', async () => {
      const userId = await app.given.user();
      const [one, other] = [await solved(userId), await solved(userId)];
      const first = await ask(userId, one);
      expect((await ask(userId, other)).text).toBe(first.text);
      await finish(first);
      expect(shown(await ask(userId, other))).toEqual(SPENT);
    });

    it('for all processes, and however many ask at once', async () => {
      const another = await startTestService({
        ...GATE,
        QUEUE_MAX_ACTIVE: 10_000,
        QUEUE_ID: app.queueId,
        QUEUES: `${OWN}=1000`,
      });
      try {
        const userId = await app.given.user();
        const proof = await solved(userId);
        const asked = [undefined, OWN].flatMap((queueId) =>
          [app.url, another.url].flatMap((url) => [1, 2, 3].map(() => ask(userId, proof, queueId, url))),
        );
        const answers = await Promise.all(asked);
        const tokens = answers.filter(({ status }) => status === 200).map(({ text }) => text);
        expect([tokens.length, new Set(tokens).size]).toEqual([6, 1]);
        expect(tally(answers)).toEqual({ '200': 6, '403 403': 6 });
      } finally {
        await another.stop();
      }
    });

    it('also when Redis has forgotten everything meanwhile, which makes nothing harder', async () => {
      const userId = await app.given.user();
      const proof = await solved(userId);
      expect(outcome(await ask(userId, proof))).toBe('200');
      const redis = app.service.container.resolve(Redis);
      for (const id of [app.queueId, OWN]) await redis.del(await redis.keys(`queue:{${id}}:*`));
      const { snapshot } = app.service.container.resolve(WaitingRoomRegistry).main;
      const { gen } = snapshot;
      await until('the state is restored', () => snapshot.gen !== gen);
      expect(outcome(await ask(userId, proof))).toBe('403 403');
      expect(outcome(await ask(userId, await solved(userId)))).toBe('200');
    });
  });

  it('takes a challenge for no token, and a token for no challenge', async () => {
    const userId = await app.given.user();
    const proof = await solved(userId);
    const buyer = new Buyer(app.url, userId);
    buyer.token = proof.challenge;
    expect(outcome(await buyer.check())).toBe('401 401');
    const token = ((await ask(userId, proof)).body as { data: { queueToken: string } }).data.queueToken;
    expect(outcome(await ask(userId, { challenge: token, nonce: '0' }))).toBe('403 403');
  });

  it('reads no store for a request without proof', async () => {
    expect(outcome(await ask(Number.MAX_SAFE_INTEGER))).toBe('403 403'); // not 404: nobody has looked
  });

  it('counts what became of the proofs, and exports the difficulty', async () => {
    const metrics = app.service.container.resolve(Metrics);
    const passed = await metrics.valuesOf('concert_queue_gate_checks_total');
    const results = passed.filter(({ value }) => value > 0).map(({ labels }) => labels.result);
    expect(results.sort()).toEqual(['passed', 'refused', 'spent']);
    expect(await metrics.valuesOf('concert_queue_proof_of_work_bits')).toEqual([{ labels: {}, value: BITS }]);
  });
});

it('TOKEN_GATE=none requires no proof and has no challenge path', async () => {
  const service = await startTestService();
  try {
    const answer = await request(service.url).post('/v1/api/queue/challenge').send({ userId: 1 });
    expect(outcome(answer)).toBe('404 404');
  } finally {
    await service.stop();
  }
});
