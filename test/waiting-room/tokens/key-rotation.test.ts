import type { RunningService } from '../../../src/service';
import { outcome, Buyer } from '../../support/clients/buyer';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { Listener } from '../../support/clients/listener';
import { startTestService } from '../../support/service';
import { uniqueQueueId } from '../../support/config';

const [OLD, NEW] = [
  'the old secret, of thirty-two bytes or more',
  'the new secret, of thirty-two bytes or more',
];

/** The four configurations that meet during the three upgrades, with one queue. */
const STAGES = {
  before: { TOKEN_SECRET: OLD },
  prepared: { TOKEN_SECRET: OLD, TOKEN_SECRET_SECONDARY: NEW },
  changed: { TOKEN_SECRET: NEW, TOKEN_SECRET_SECONDARY: OLD },
  after: { TOKEN_SECRET: NEW },
};
type Stage = keyof typeof STAGES;

describe('a change of TOKEN_SECRET', () => {
  const admin = openAdminDatabase();
  const given = new Given(admin);
  const services = {} as Record<Stage, RunningService & { url: string }>;

  beforeAll(async () => {
    const patience = { QUEUE_PRESENCE_TIMEOUT_SECONDS: 600, QUEUE_IDLE_TIMEOUT_SECONDS: 0 };
    const queue = { QUEUE_ID: uniqueQueueId(), QUEUE_MAX_ACTIVE: 1, ...patience };
    for (const [stage, secrets] of Object.entries(STAGES))
      services[stage as Stage] = await startTestService({ ...queue, ...secrets });
    await new Buyer(services.before.url, await given.user()).enter(); // is the only active user
  });
  afterAll(async () => {
    await Promise.all(Object.values(services).map((service) => service.stop()));
    await admin.close();
  });

  const at = (stage: Stage, { userId, token }: Buyer): Buyer =>
    Object.assign(new Buyer(services[stage].url, userId), { token });
  const positionOf = async (buyer: Buyer): Promise<number> =>
    ((await buyer.check()).body as { data: { queuePosition: number } }).data.queuePosition;

  it('every token stays valid in processes of either secret', async () => {
    const early = await new Buyer(services.prepared.url, await given.user()).enter();
    const late = await new Buyer(services.changed.url, await given.user()).enter();
    const position = await positionOf(early);
    for (const stage of ['before', 'prepared', 'changed'] as const)
      expect([stage, await positionOf(at(stage, early))]).toEqual([stage, position]);
    for (const stage of ['prepared', 'changed', 'after'] as const)
      expect([stage, await positionOf(at(stage, late))]).toEqual([stage, position + 1]);
  });

  it('a user who requests a token again gets the same entry in a token of the new secret', async () => {
    const buyer = await new Buyer(services.before.url, await given.user()).enter();
    const [token, position] = [buyer.token, await positionOf(buyer)];
    const again = await at('after', buyer).enter();
    expect(again.token).not.toBe(token);
    expect(await positionOf(again)).toBe(position);
    expect(outcome(await at('after', buyer).check())).toBe('401 401'); // the old one has had its time
  });

  it('stream tokens stay valid', async () => {
    const buyer = await new Buyer(services.prepared.url, await given.user()).enter();
    const answer = await buyer.post('/v1/api/queue/events/ticket');
    const { ticket } = (answer.body as { data: { ticket: string } }).data;
    const open = (stage: Stage): Promise<Listener> =>
      new Listener().open(`${services[stage].url}/v1/api/queue/events?ticket=${ticket}`);
    const listener = await open('changed');
    expect(listener.status).toBe(200);
    listener.close();
    expect((await open('after')).status).toBe(401);
  });
});
