import { Scratch } from '../support/rows/scratch';
import { dataOf, givenOperator, OrganizerClient } from '../support/rows/organizer';
import { startTestService } from '../support/service';

describe('webhooks on the management port', () => {
  let scratch: Scratch; // a worker calls the webhooks of its whole database
  let service: Awaited<ReturnType<typeof startTestService>>;
  let admin: OrganizerClient;
  beforeAll(async () => {
    scratch = await Scratch.migrated();
    service = await startTestService({ ...scratch.env, MANAGEMENT_PORT: 0 });
    const { key } = await givenOperator(scratch.admin, 'admin');
    admin = new OrganizerClient(service.managementUrl, key);
  });
  afterAll(async () => {
    await service.stop();
    await scratch.drop();
  });

  it('are added, listed, rotated, replayed, enabled and removed, and each act is written down without its secret', async () => {
    const url = 'https://hook.example/x';
    const added = await admin.post('webhooks', { url, types: ['payment.completed'], description: 'CRM' });
    const { webhookId, secret } = dataOf<{ webhookId: number; secret: string }>(added);
    expect(secret).toMatch(/^whsec_/);
    expect(dataOf(await admin.get('webhooks'))).toEqual([
      expect.objectContaining({ webhookId, url, types: ['payment.completed'], pending: 0, disabledAt: null }),
    ]);
    const rotated = await admin.post(`webhooks/${webhookId}/secret`, { keepHours: 2 });
    expect(dataOf<{ secret: string }>(rotated).secret).not.toBe(secret);
    expect(dataOf(await admin.post(`webhooks/${webhookId}/replay`, { failed: true }))).toEqual({ events: 0 });
    const since = '2026-11-29T10:00:00+09:00';
    expect(dataOf(await admin.post(`webhooks/${webhookId}/replay`, { since }))).toEqual({ events: 0 });
    expect(dataOf(await admin.get(`webhooks/${webhookId}/attempts`))).toEqual([]);
    expect((await admin.send('post', `webhooks/${webhookId}/activation`)).status).toBe(200);
    expect((await admin.post(`webhooks/${webhookId}/removal`, { reason: 'Moved' })).status).toBe(200);
    expect(dataOf(await admin.get('webhooks'))).toEqual([]);
    const audit = dataOf<{ act: string; before: unknown; after: unknown; reason: string | null }[]>(
      await admin.get(`audit?subject=webhook:${webhookId}`),
    );
    const state = { url, description: 'CRM', types: ['payment.completed'] };
    expect(audit.map(({ act }) => act)).toEqual([
      'webhook.remove',
      'webhook.enable',
      'webhook.replay',
      'webhook.replay',
      'webhook.rotate',
      'webhook.add',
    ]);
    expect(audit[0]).toMatchObject({ before: state, after: null, reason: 'Moved' });
    expect(audit[1]).toMatchObject({ before: { disabledReason: null } });
    expect(audit[2]).toMatchObject({ after: { events: 0 } });
    expect(audit[5]).toMatchObject({ before: null, after: state, reason: null });
    expect(JSON.stringify(audit)).not.toContain('whsec_');
  });

  it.each([
    ['webhooks', { url: 'http://10.0.0.1/' }, 400],
    ['webhooks', { url: 'https://hook.example', types: ['x'] }, 400],
    ['webhooks', {}, 400],
    ['webhooks/4711/secret', {}, 404],
    ['webhooks/4711/replay', { failed: true }, 404],
    ['webhooks/4711/replay', { eventId: 'x' }, 400],
    ['webhooks/4711/removal', {}, 404],
    ['webhooks/4711/removal', { why: 'x' }, 400],
    ['webhooks/4711/replay', { since: '9999-12-31T23:59:59-12:00' }, 400],
    ['webhooks/x/removal', {}, 404],
  ])('%s %j is %d', async (path, body, status) => {
    expect((await admin.post(path, body)).status).toBe(status);
  });
});
