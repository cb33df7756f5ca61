import request, { type Response } from 'supertest';
import { ROLES, type Role } from '../../src/modules/organizer/operators/service';
import {
  codeOf,
  dataOf,
  etagOf,
  givenOperator,
  inDays,
  type OperatorKey,
  OrganizerClient,
} from '../support/rows/organizer';
import { useService } from '../support/suite';
import { until } from '../support/wait';

interface Entry {
  id: number;
  actor: string;
  act: string;
  reason: string | null;
  before: unknown;
  after: unknown;
}

describe('acts of operators', () => {
  const app = useService({ MANAGEMENT_PORT: 0 });
  let url: string;
  const keys = new Map<Role, OperatorKey>();
  beforeAll(async () => {
    url = app.managementUrl;
    for (const role of ROLES) keys.set(role, await givenOperator(app.admin, role));
  });

  const as = (role: Role): OrganizerClient => new OrganizerClient(url, keys.get(role)?.key ?? '');
  const act = (what: string, body: object | null, tag?: string): request.Test =>
    request(url)
      .post(`/queues/${app.queueId}/${what}`)
      .set({ Authorization: `Bearer ${keys.get('operator')?.key ?? ''}`, 'Content-Type': 'application/json' })
      .set(tag === undefined ? {} : { 'If-Match': tag })
      .send(JSON.stringify(body));
  const entries = async (subject: string): Promise<Entry[]> =>
    dataOf<Entry[]>(await as('viewer').get(`audit?subject=${subject}`));
  const written = async (subject: string, reason: string): Promise<Entry> =>
    until(`"${reason}" is written down`, async () =>
      (await entries(subject)).find((entry) => entry.reason === reason),
    );

  describe('on admission', () => {
    const subject = (): string => `queue:${app.queueId}`;
    const tagNow = async (): Promise<string> => etagOf(await act('admission', { command: 'auto' }));

    it('write down who did it and why, and how it was before and after', async () => {
      await act('admission', { command: 'limit', value: 40, reason: 'first' });
      dataOf(await act('admission', { command: 'limit', value: 50, reason: 'the hall is slow' }));
      expect(await written(subject(), 'the hall is slow')).toMatchObject({
        actor: keys.get('operator')?.name,
        act: 'queue.admission',
        before: { limit: 40, rate: null, paused: false },
        after: { command: 'limit', value: 50, activeLimit: 50, source: 'operator' },
      });
    });

    it('are refused to the second of two operators who have seen the same', async () => {
      const seen = await tagNow();
      const first = await act('admission', { command: 'limit', value: 60, reason: 'one' }, seen);
      expect(first.status).toBe(200);
      const second = await act('admission', { command: 'limit', value: 70, reason: 'other' }, seen);
      expect([second.status, codeOf(second)]).toEqual([412, '412']);
      const again = await act('admission', { command: 'limit', value: 70 }, `${seen}, ${etagOf(first)}`);
      expect(dataOf<{ activeLimit: number }>(again).activeLimit).toBe(70);
    });

    it('may be sent again: nothing is done or written down twice', async () => {
      const seen = await tagNow();
      const send = (): request.Test => act('admission', { command: 'pause', reason: 'twice' }, seen);
      expect([(await send()).status, (await send()).status]).toEqual([200, 200]);
      await written(subject(), 'twice');
      await act('admission', { command: 'resume', reason: 'after twice' });
      await written(subject(), 'after twice');
      expect((await entries(subject())).filter(({ reason }) => reason === 'twice')).toHaveLength(1);
    });

    it.each([['admission', { command: 'pause' }] as const, ['notice', { ko: 'a', en: 'a' }] as const])(
      'take no If-Match that names nothing: %s',
      async (what, body) => {
        for (const tag of ['"what"', '""', 'what', '"a", "b"'])
          expect([tag, (await act(what, body, tag)).status]).toEqual([tag, 412]);
      },
    );
  });

  it('on the notice has reason, before and after, and conflicts for an operator who has seen another one', async () => {
    const one = { ko: '하나', en: 'one' };
    const first = await act('notice', { notice: one, reason: 'say one' });
    expect(first.status).toBe(200);
    const marked = `"a", W/${etagOf(first).replace(/"$/, '-gzip"')}`; // as a proxy makes it that compresses the answer
    expect((await act('notice', { notice: { ko: '둘', en: 'two' }, reason: 'say two' }, marked)).status).toBe(
      200,
    );
    const late = await act('notice', { notice: null, reason: 'late' }, `${etagOf(first)}, "b"`);
    expect(late.status).toBe(412);
    expect(await written(`queue:${app.queueId}`, 'say two')).toMatchObject({
      act: 'queue.notice',
      before: one,
      after: { ko: '둘', en: 'two' },
    });
    expect((await act('notice', null)).status).toBe(200);
    expect((await act('notice', { notice: one, other: 1 })).status).toBe(400);
  });

  describe('on a sale', () => {
    const set = (id: number, sale: string, etag: string, role: Role = 'operator'): request.Test =>
      as(role).send('post', `schedules/${id}/sale`, { sale, reason: `${sale} it` }, { 'If-Match': etag });
    const view = (answer: Response): { opensAt: string | null; closesAt: string | null } => dataOf(answer);

    it('open it before its time and close it, so that what is sold follows at once', async () => {
      const { scheduleId, etag } = await as('admin').published({ opensAt: inDays(1), closesAt: inDays(2) });
      const seatOf = async (): Promise<number> => {
        const [row] = await app.admin.query<{ id: number }>(
          "SELECT id FROM concert_seat WHERE schedule_id = ? AND status = 'AVAILABLE' LIMIT 1",
          [scheduleId],
        );
        return row?.id ?? 0;
      };
      const buyer = await app.buyer(1000);
      const tryHold = async (): Promise<string> => {
        const body = { scheduleId, seatId: await seatOf() };
        return codeOf(
          await request(app.url)
            .post('/v1/api/concerts/reserve')
            .set('Authorization', buyer.token)
            .send(body),
        );
      };
      expect(await tryHold()).toBe('NOT_ON_SALE');
      const opened = await set(scheduleId, 'OPEN', etag);
      expect(Date.parse(view(opened).opensAt ?? '')).toBeLessThan(Date.parse(inDays(0.5)));
      expect(await tryHold()).toBe('200');
      const closed = await set(scheduleId, 'CLOSED', etagOf(opened));
      expect(view(closed).closesAt).not.toBeNull();
      expect(await tryHold()).toBe('NOT_ON_SALE');
      const reopened = await set(scheduleId, 'OPEN', etagOf(closed));
      expect(view(reopened).closesAt).toBeNull();
      const subject = `schedule:${scheduleId}`;
      expect(await written(subject, 'CLOSED it')).toMatchObject({ act: 'sale.close' });
    });

    it('are done once however often they are sent, and refused to who has seen another version', async () => {
      const { scheduleId, etag } = await as('admin').published();
      expect((await set(scheduleId, 'CLOSED', etag)).status).toBe(200);
      expect((await set(scheduleId, 'CLOSED', etag)).status).toBe(200);
      expect((await set(scheduleId, 'OPEN', etag)).status).toBe(412);
      const all = await entries(`schedule:${scheduleId}`);
      expect(all.filter(({ act: name }) => name === 'sale.close')).toHaveLength(1);
    });

    it('are refused of a draft, before the sale has opened, and to viewers', async () => {
      const draft = await as('admin').draft();
      expect((await set(draft.scheduleId, 'OPEN', draft.etag)).status).toBe(409);
      const coming = await as('admin').published({ opensAt: inDays(1) });
      expect((await set(coming.scheduleId, 'CLOSED', coming.etag)).status).toBe(409);
      expect((await set(coming.scheduleId, 'OPEN', coming.etag, 'viewer')).status).toBe(403);
      const noReason = as('operator').send(
        'post',
        `schedules/${coming.scheduleId}/sale`,
        { sale: 'OPEN' },
        { 'If-Match': coming.etag },
      );
      expect((await noReason).status).toBe(400);
    });
  });
});
