import { createHash } from 'node:crypto';
import fc from 'fast-check';
import request, { type Response } from 'supertest';
import { ProofOfWork, zeroBits } from '../../src/modules/waiting-room/tokens/proof-of-work';
import { Redis } from '../../src/platform/redis/redis';
import { WaitingRoomRegistry } from '../../src/modules/waiting-room/registry';
import { Buyer, outcome, tally } from '../support/clients/buyer';
import { uniqueQueueId } from '../support/config';
import { startTestService } from '../support/service';
import { useService } from '../support/suite';
import { until } from '../support/wait';

const BITS = 10;
const NOW_MS = 1_800_000_000_000;
const GEN = 3;
const secret = 'a secret of at least thirty-two bytes';
const challenges = new ProofOfWork(BITS, secret);

function solve(challenge: string, bits = BITS): string {
  for (let nonce = 0; ; nonce++) if (zeroBits(challenge, String(nonce)) >= bits) return String(nonce);
}

/** Another nonce for a challenge that is solved. */
function solveAgain({ challenge, nonce }: { challenge: string; nonce: string }): string {
  for (let n = Number(nonce) + 1; ; n++) if (zeroBits(challenge, String(n)) >= BITS) return String(n);
}

describe('a challenge', () => {
  it('counts the zero bits as a reader of the digest would', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (challenge, nonce) => {
        const digest = createHash('sha256').update(`${challenge}.${nonce}`).digest();
        const text = [...digest].map((byte) => byte.toString(2).padStart(8, '0')).join('');
        expect(zeroBits(challenge, nonce)).toBe(/^0*/.exec(text)?.[0].length);
      }),
    );
  });

  it('is solved for its user, in its time, and by no other nonce', () => {
    const { challenge, bits, expiresInSeconds } = challenges.issue(7, NOW_MS, GEN);
    expect(bits).toBe(BITS);
    const proof = { challenge, nonce: solve(challenge) };
    const demand = (userId: number, given: typeof proof | undefined, nowMs = NOW_MS, gen = GEN): void => {
      challenges.check(userId, given, nowMs, gen);
    };
    const lastMs = NOW_MS + expiresInSeconds * 1000 - 1;
    demand(7, proof);
    demand(7, proof, lastMs);
    const wrong = Array.from({ length: 50 }, (_, i) => `x${i}`).find(
      (nonce) => zeroBits(challenge, nonce) < BITS,
    );
    const easy = new ProofOfWork(1, 'x'.repeat(40)).issue(7, NOW_MS, GEN).challenge;
    expect(() => demand(7, proof, lastMs + 1)).toThrow('expired');
    expect(() => demand(7, proof, NOW_MS, GEN + 1)).toThrow('expired'); // Redis may have lost what is spent
    expect(() => demand(8, proof)).toThrow('not yours');
    expect(() => demand(7, undefined)).toThrow('no proof');
    expect(() => demand(7, { challenge, nonce: wrong ?? '' })).toThrow('does not solve');
    expect(() => demand(7, { challenge: easy, nonce: solve(easy, 1) })).toThrow('not yours');
    expect(() => demand(7, { challenge: `${challenge}x`, nonce: '0' })).toThrow('not yours');
  });
});

describe(`TOKEN_PROOF_OF_WORK_BITS=${BITS}`, () => {
  const OWN = uniqueQueueId();
  const app = useService({ TOKEN_PROOF_OF_WORK_BITS: BITS, QUEUES: `${OWN}=1000` });
  const ask = async (userId: number, proof?: object, queueId?: string, url = app.url): Promise<Response> =>
    request(url)
      .post('/v1/api/queue/token')
      .send({ userId, queueId, ...(proof && { proof }) });
  const solved = async (userId: number): Promise<{ challenge: string; nonce: string }> => {
    const challenge = await challengeFor(userId);
    return { challenge, nonce: solve(challenge) };
  };
  const challengeFor = async (userId: number): Promise<string> => {
    const answer = await request(app.url).post('/v1/api/queue/challenge').send({ userId });
    return (answer.body as { data: { challenge: string } }).data.challenge;
  };

  it('gives a token for a solution, once more the same for the same, and none without', async () => {
    const userId = await app.given.user();
    const challenge = await challengeFor(userId);
    const proof = { challenge, nonce: solve(challenge) };
    expect(outcome(await ask(userId))).toBe('403 403');
    const first = await ask(userId, proof);
    expect(outcome(first)).toBe('200');
    expect((await ask(userId, proof)).text).toBe(first.text);
    expect(outcome(await ask(await app.given.user(), proof))).toBe('403 403');
    expect(outcome(await ask(userId, { ...proof, nonce: 'not one' }))).toBe('400 400');
    expect(outcome(await ask(userId, { challenge }))).toBe('400 400');
  });

  describe('spends a proof once', () => {
    const SPENT = ['403 403', expect.stringContaining('spent')];
    const shown = (answer: Response): string[] => [outcome(answer), answer.text];
    /** Ends the user's entry, as payment does. */
    const finish = async (answer: Response): Promise<void> => {
      const { queueToken } = (answer.body as { data: { queueToken: string } }).data;
      const { queueId, seq } = JSON.parse(
        Buffer.from(queueToken.split('.')[1] ?? '', 'base64url').toString(),
      ) as {
        queueId: string;
        seq: number;
      };
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
      const [first] = [await ask(userId, proof)];
      await finish(first);
      expect(shown(await ask(userId, proof))).toEqual(SPENT);
      expect(shown(await ask(userId, { ...proof, nonce: solveAgain(proof) }))).toEqual(SPENT); // nor another solution
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
        TOKEN_PROOF_OF_WORK_BITS: BITS,
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

    it('also when Redis has forgotten everything meanwhile', async () => {
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
    const challenge = await challengeFor(userId);
    const proof = { challenge, nonce: solve(challenge) };
    const buyer = new Buyer(app.url, userId);
    buyer.token = challenge;
    expect(outcome(await buyer.check())).toBe('401 401');
    const token = ((await ask(userId, proof)).body as { data: { queueToken: string } }).data.queueToken;
    expect(outcome(await ask(userId, { challenge: token, nonce: solve(token) }))).toBe('403 403');
  });

  it('reads no store for a request without proof', async () => {
    expect(outcome(await ask(Number.MAX_SAFE_INTEGER))).toBe('403 403'); // not 404: nobody has looked
  });

  it('is in the API document', async () => {
    const { body } = (await request(app.url).get('/openapi.json')) as { body: { paths: object } };
    expect(Object.keys(body.paths)).toContain('/v1/api/queue/challenge');
  });
});

it('TOKEN_PROOF_OF_WORK_BITS=0 requires no proof and has no challenge path', async () => {
  const service = await startTestService();
  try {
    const answer = await request(service.url).post('/v1/api/queue/challenge').send({ userId: 1 });
    expect(outcome(answer)).toBe('404 404');
  } finally {
    await service.stop();
  }
});
