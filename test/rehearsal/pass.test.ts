import request from 'supertest';
import { RehearsalPasses } from '../../src/modules/rehearsal/passes';
import type { RehearsalRequests } from '../../src/modules/rehearsal/requests';
import type { QueueService } from '../../src/modules/waiting-room/service';
import type { TokenIssuer } from '../../src/modules/waiting-room/tokens/issuer';
import { Hs256 } from '../../src/platform/jwt';
import { testConfig } from '../support/config';
import { startTestService } from '../support/service';

const HOURS = 3_600_000;

describe('a rehearsal pass', () => {
  const config = testConfig();
  const clock = { nowMs: 1_900_000_000_000 };
  const staged = { queueId: 'rehearsal', firstUserId: 100, users: 10 };
  const requests = { staged: (id: number) => Promise.resolve(id === 1 ? staged : undefined) };
  const passesOf = (secret: string): RehearsalPasses =>
    new RehearsalPasses(
      requests as unknown as RehearsalRequests,
      clock as unknown as QueueService,
      {} as unknown as TokenIssuer,
      { ...config, TOKEN_SECRET: secret },
    );
  const passes = passesOf(config.TOKEN_SECRET);

  it('is good for the users and the queue of its rehearsal alone', async () => {
    const { pass } = await passes.issue(1);
    for (const userId of [100, 109]) expect(() => passes.check(pass, userId, 'rehearsal')).not.toThrow();
    for (const userId of [99, 110])
      expect(() => passes.check(pass, userId, 'rehearsal')).toThrow('only good for the users and the queue');
    expect(() => passes.check(pass, 100, 'main')).toThrow('only good for the users and the queue');
  });

  it('ends after four hours, and is given only while the rehearsal is under way', async () => {
    const { pass, expiresInSeconds } = await passes.issue(1);
    expect(expiresInSeconds).toBe((4 * HOURS) / 1000);
    clock.nowMs += 4 * HOURS - 1;
    expect(() => passes.check(pass, 100, 'rehearsal')).not.toThrow();
    clock.nowMs += 1;
    expect(() => passes.check(pass, 100, 'rehearsal')).toThrow('has expired');
    await expect(passes.issue(2)).rejects.toThrow('Rehearsal 2 is not under way.');
  });

  it('is none of another installation, and nothing else that the secret has signed', async () => {
    const { pass } = await passesOf('a secret of another installation').issue(1);
    const claims = { ...staged, untilMs: clock.nowMs + HOURS };
    const others = [
      pass,
      new Hs256(config.TOKEN_SECRET).sign({ ...claims, purpose: 'queue-challenge' }),
      new Hs256(config.TOKEN_SECRET).sign(claims),
      'x',
    ];
    for (const other of others)
      expect(() => passes.check(other, 100, 'rehearsal')).toThrow('from another installation');
  });
});

describe('the token of a test user', () => {
  it('is refused by a forged pass before the user is looked up, and a body without a pass is bad input', async () => {
    const service = await startTestService({});
    try {
      const ask = (body: object) => request(service.url).post('/v1/api/queue/rehearsal-token').send(body);
      const forged = await ask({ userId: 1, queueId: 'main', pass: 'x'.repeat(100) });
      expect([forged.status, forged.body]).toEqual([
        403,
        expect.objectContaining({ exception: expect.objectContaining({ code: '403' }) as unknown }),
      ]);
      await ask({ userId: 1, queueId: 'main' }).expect(400);
    } finally {
      await service.stop();
    }
  });
});
