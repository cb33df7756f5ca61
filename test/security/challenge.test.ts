import { createHash } from 'node:crypto';
import fc from 'fast-check';
import request, { type Response } from 'supertest';
import { Challenges, zeroBits } from '../../src/modules/queue/challenge';
import { Buyer, outcome } from '../support/buyer';
import { startTestService } from '../support/service';
import { useService } from '../support/suite';

const BITS = 10;
const NOW_MS = 1_800_000_000_000;
const secret = 'a secret of at least thirty-two bytes';
const challenges = new Challenges(BITS, secret);

function solve(challenge: string, bits = BITS): string {
  for (let nonce = 0; ; nonce++) if (zeroBits(challenge, String(nonce)) >= bits) return String(nonce);
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
    const { challenge, bits, expiresInSeconds } = challenges.issue(7, NOW_MS);
    expect(bits).toBe(BITS);
    const proof = { challenge, nonce: solve(challenge) };
    const demand = (userId: number, given: typeof proof | undefined, nowMs = NOW_MS): void => {
      challenges.demand(userId, given, nowMs);
    };
    const lastMs = NOW_MS + expiresInSeconds * 1000 - 1;
    demand(7, proof);
    demand(7, proof, lastMs);
    const wrong = Array.from({ length: 50 }, (_, i) => `x${i}`).find(
      (nonce) => zeroBits(challenge, nonce) < BITS,
    );
    const easy = new Challenges(1, 'x'.repeat(40)).issue(7, NOW_MS).challenge;
    expect(() => demand(7, proof, lastMs + 1)).toThrow('expired');
    expect(() => demand(8, proof)).toThrow('not yours');
    expect(() => demand(7, undefined)).toThrow('no proof');
    expect(() => demand(7, { challenge, nonce: wrong ?? '' })).toThrow('does not solve');
    expect(() => demand(7, { challenge: easy, nonce: solve(easy, 1) })).toThrow('not yours');
    expect(() => demand(7, { challenge: `${challenge}x`, nonce: '0' })).toThrow('not yours');
  });
});

describe(`TOKEN_CHALLENGE_BITS=${BITS}`, () => {
  const it_ = useService({ TOKEN_CHALLENGE_BITS: BITS });
  const ask = async (userId: number, proof?: object): Promise<Response> =>
    request(it_.url)
      .post('/v1/api/queue/token')
      .send({ userId, ...(proof && { proof }) });
  const challengeFor = async (userId: number): Promise<string> => {
    const answer = await request(it_.url).post('/v1/api/queue/challenge').send({ userId });
    return (answer.body as { data: { challenge: string } }).data.challenge;
  };

  it('gives a token for a solution, once more the same for the same, and none without', async () => {
    const userId = await it_.given.member();
    const challenge = await challengeFor(userId);
    const proof = { challenge, nonce: solve(challenge) };
    expect(outcome(await ask(userId))).toBe('403 403');
    const first = await ask(userId, proof);
    expect(outcome(first)).toBe('200');
    expect((await ask(userId, proof)).text).toBe(first.text);
    expect(outcome(await ask(await it_.given.member(), proof))).toBe('403 403');
    expect(outcome(await ask(userId, { ...proof, nonce: 'not one' }))).toBe('400 400');
    expect(outcome(await ask(userId, { challenge }))).toBe('400 400');
  });

  it('takes a challenge for no token, and a token for no challenge', async () => {
    const userId = await it_.given.member();
    const challenge = await challengeFor(userId);
    const proof = { challenge, nonce: solve(challenge) };
    const buyer = new Buyer(it_.url, userId);
    buyer.token = challenge;
    expect(outcome(await buyer.check())).toBe('401 401');
    const token = ((await ask(userId, proof)).body as { data: { queueToken: string } }).data.queueToken;
    expect(outcome(await ask(userId, { challenge: token, nonce: solve(token) }))).toBe('403 403');
  });

  it('asks no store of those who bring no proof', async () => {
    expect(outcome(await ask(Number.MAX_SAFE_INTEGER))).toBe('403 403'); // not 404: nobody has looked
  });

  it('is in the API document', async () => {
    const { body } = (await request(it_.url).get('/openapi.json')) as { body: { paths: object } };
    expect(Object.keys(body.paths)).toContain('/v1/api/queue/challenge');
  });
});

it('TOKEN_CHALLENGE_BITS=0 asks for nothing and has no such path', async () => {
  const service = await startTestService();
  try {
    const answer = await request(service.url).post('/v1/api/queue/challenge').send({ userId: 1 });
    expect(outcome(answer)).toBe('404 404');
  } finally {
    await service.stop();
  }
});
