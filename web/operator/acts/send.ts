import type { Answer } from '../../shared/api/client';
import { ask, limited } from '../../shared/api/client';
import { admin, type LiveQueue } from '../api';
import { authorized } from '../session';

/** An act, and what it was decided on: the second of two operators must see that the first was quicker. */
export type Act =
  | { kind: 'admission'; queue: LiveQueue; command: string; value?: number; reason: string }
  | { kind: 'notice'; queue: LiveQueue; notice: { ko: string; en: string } | null; reason: string }
  | {
      kind: 'sale';
      scheduleId: number;
      etag: Promise<string | undefined>;
      sale: 'OPEN' | 'CLOSED';
      reason: string;
    }
  | { kind: 'cancel'; scheduleId: number; reason: string }
  | { kind: 'rehearse'; wanted: RehearsalWanted; reason: string }
  | { kind: 'unrehearse'; rehearsalId: number; reason: string };

/** Settings of a rehearsal. */
export interface RehearsalWanted {
  queueId: string;
  users: number;
  seats: number;
  waitMinutes: number;
  real: { seats: number; buyers: number } | null;
}

/** Without the version nothing is sent, as if the store had refused. */
const VERSION_UNREAD: Answer<unknown> = {
  ok: false,
  code: '503',
  message: '',
  status: 503,
  retryAfterMs: 0,
};

/** All acts say how something is to be: sent again, they do nothing more. */
export async function send(act: Act): Promise<Answer<unknown>> {
  const { reason } = act;
  switch (act.kind) {
    case 'admission': {
      const { command, value } = act;
      const body = { command, reason, ...(value === undefined ? {} : { value }) };
      return post(`/queues/${act.queue.queueId}/admission`, body, act.queue.overrideTag);
    }
    case 'notice': {
      const { notice, queue } = act;
      return post(`/queues/${queue.queueId}/notice`, { notice, reason }, queue.noticeTag);
    }
    case 'sale': {
      const { scheduleId, sale } = act;
      const etag = await act.etag;
      if (etag === undefined) return VERSION_UNREAD;
      const params = { path: { scheduleId: String(scheduleId) }, header: { 'If-Match': etag } };
      return ask(
        admin.POST('/v1/admin/schedules/{scheduleId}/sale', {
          params,
          headers: authorized(),
          body: { sale, reason },
          ...limited(),
        }),
      );
    }
    case 'cancel': {
      const params = { path: { scheduleId: String(act.scheduleId) } };
      return ask(
        admin.POST('/v1/admin/schedules/{scheduleId}/cancellation', {
          params,
          headers: authorized(),
          body: { reason },
          ...limited(),
        }),
      );
    }
    case 'rehearse': {
      const body = { ...act.wanted, reason };
      return ask(admin.POST('/v1/admin/rehearsals', { headers: authorized(), body, ...limited() }));
    }
    case 'unrehearse': {
      const params = { path: { rehearsalId: String(act.rehearsalId) } };
      const path = '/v1/admin/rehearsals/{rehearsalId}/cancellation';
      return ask(admin.POST(path, { params, headers: authorized(), body: { reason }, ...limited() }));
    }
  }
}

/** The queues' paths are not in the document of /v1/admin. */
async function post(path: string, body: unknown, tag: string): Promise<Answer<unknown>> {
  const call = async (): Promise<{ data?: { data: unknown }; error?: unknown; response: Response }> => {
    const headers = { ...authorized(), 'Content-Type': 'application/json', 'If-Match': `"${tag}"` };
    const response = await fetch(path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      ...limited(),
    });
    const answer = (await response.json()) as { data: unknown };
    return response.ok ? { data: answer, response } : { error: answer, response };
  };
  return ask(call());
}
