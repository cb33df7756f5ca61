import { World } from '../../k6/runner/world';
import { testConfig } from '../support/config';
import { ConfiguredKey } from '../../src/modules/identity/keys';
import { AssertionVerifier } from '../../src/modules/identity/verifier';
import { drandBeacon } from '../../src/modules/waiting-room/opening/beacon';
import { ProofOfWork } from '../../src/modules/waiting-room/tokens/gates/proof-of-work';

const NOW_MS = 1_800_000_000_000;

describe('the world around an attack', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  const ask = async (path: string, body?: object): Promise<Response> =>
    fetch(`${world.url}${path}`, body && { method: 'POST', body: JSON.stringify(body) });
  const answerOf = async <T>(path: string, body?: object): Promise<T> =>
    (await ask(path, body)).json() as Promise<T>;

  it('computes proofs that the gate takes: on a phone alone, for an attacker one after the other', async () => {
    const gate = new ProofOfWork({ bits: () => 4, secret: 'a secret of at least thirty-two bytes' });
    const solve = async (userId: number, attacker: number, bits: number): Promise<number> => {
      const { challenge } = gate.issue(userId, NOW_MS, 1);
      const solved = await answerOf<{ nonce: string; afterMs: number }>('/solve', {
        userId,
        attacker,
        challenge,
        bits,
      });
      const proof = { challenge, nonce: solved.nonce };
      const given = { userId, proof, nowMs: NOW_MS, gen: 1, queueId: 'main', authorization: undefined };
      expect((await gate.verify(given)).isVerified).toBe(true);
      return solved.afterMs;
    };
    expect(await solve(1, 0, 40)).toBeGreaterThan(await solve(2, 1, 40)); // one hash of a phone is worth 320
    const waits = [await solve(3, 1, 40), await solve(4, 1, 40), await solve(5, 1, 40)];
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
  });

  it('signs assertions that the product takes, of which all accounts of an attacker have one subject', async () => {
    const config = testConfig(world.productEnv('identity'));
    const verifier = new AssertionVerifier(new ConfiguredKey(config.TOKEN_IDENTITY_PUBLIC_KEY), config);
    const subjectOf = async (userId: number, attacker: number): Promise<string> => {
      const { assertion } = await answerOf<{ assertion: string }>('/assertion', { userId, attacker });
      return (await verifier.verify(assertion, Date.now())).id;
    };
    expect(await Promise.all([subjectOf(1, 0), subjectOf(2, 0), subjectOf(3, 7), subjectOf(4, 7)])).toEqual([
      'person-1',
      'person-2',
      'attacker-7',
      'attacker-7',
    ]);
  });

  it('has a beacon whose round is made after the opening, and that a draw takes', async () => {
    const fetchJson = async (path: string): Promise<unknown> => answerOf(`/${path}`);
    const opensAtMs = Date.now() - 10_000;
    const named = await answerOf<{ chain: string; round: number }>('/beacon', { opensAtMs });
    const times = { closesAtMs: opensAtMs, nowMs: Date.now() };
    expect(await drandBeacon(fetchJson, named, times)).toMatch(`drand ${named.chain} 1 `);
    await answerOf('/beacon', { opensAtMs: Date.now() + 3_600_000 });
    expect((await ask(`/${named.chain}/public/1`)).status).toBe(404);
  });
});
