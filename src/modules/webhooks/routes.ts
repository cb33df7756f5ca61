import type { Router } from 'express';
import type { DisplayTime } from '../../common/calendar/display-time';
import { sendData } from '../../http/envelope';
import { answers } from '../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import { validation } from '../../http/middleware/validate';
import { type Access, pathId } from '../organizer/middleware';
import { typeOf } from './message';
import { ACTIVATE, ADD, ATTEMPTS, LIST, REMOVE, REPLAY, type ReplayBody, ROTATE } from './schema';
import type { By, EndpointState, Replay, WebhookService } from './service';

const BODY_BYTES = 16_384;
const SHOWN_ATTEMPTS = 100;

/** Webhooks on the management port. Acts are audited; secrets are in the answer that makes them, and nowhere else. */
export function webhookRoutes(
  webhooks: WebhookService,
  { access, time }: { access: Access; time: DisplayTime },
): Router {
  const router = literalRouter();
  const validate = validation(BODY_BYTES);
  const idOf = (req: { params: Record<string, string> }): number => pathId(req, 'webhookId', 'Webhook');

  router.get(
    '/v1/admin/webhooks',
    access('viewer'),
    answers(LIST, async (_req, res) => {
      sendData(
        res,
        (await webhooks.list()).map((each) => endpointView(each, time)),
      );
    }),
  );
  router.post(
    '/v1/admin/webhooks',
    access('admin'),
    validate(ADD),
    answers(ADD, async ({ operator, body }, res) => {
      const { url, types, description } = body;
      const { id, secret } = await webhooks.add(by(operator, body), url, types, description);
      sendData(res, { webhookId: id, secret });
    }),
  );
  router.get(
    '/v1/admin/webhooks/:webhookId/attempts',
    access('viewer'),
    answers(ATTEMPTS, async (req, res) => {
      const attempts = await webhooks.log(idOf(req), SHOWN_ATTEMPTS);
      sendData(
        res,
        attempts.map((each) => attemptView(each, time)),
      );
    }),
  );
  router.post(
    '/v1/admin/webhooks/:webhookId/secret',
    access('admin'),
    validate(ROTATE),
    answers(ROTATE, async (req, res) => {
      sendData(res, await webhooks.rotate(by(req.operator, req.body), idOf(req), req.body.keepHours));
    }),
  );
  router.post(
    '/v1/admin/webhooks/:webhookId/replay',
    access('operator'),
    validate(REPLAY),
    answers(REPLAY, async (req, res) => {
      const events = await webhooks.replay(by(req.operator, req.body), idOf(req), replayOf(req.body));
      sendData(res, { events });
    }),
  );
  router.post(
    '/v1/admin/webhooks/:webhookId/activation',
    access('operator'),
    validate(ACTIVATE),
    answers(ACTIVATE, async (req, res) => {
      await webhooks.enable(by(req.operator, req.body), idOf(req));
      sendData(res, {});
    }),
  );
  router.post(
    '/v1/admin/webhooks/:webhookId/removal',
    access('admin'),
    validate(REMOVE),
    answers(REMOVE, async (req, res) => {
      await webhooks.remove(by(req.operator, req.body), idOf(req));
      sendData(res, {});
    }),
  );
  return refuseOtherMethods(router);
}

const by = (actor: By['actor'], body: { reason?: string | undefined } | undefined): By => ({
  actor,
  reason: body?.reason,
});

const endpointView = (endpoint: EndpointState, time: DisplayTime) => {
  const { id, url, description, types, pending, failed, disabledReason } = endpoint;
  const shown = (at: Date | null): string | null => at && time.withOffset(at);
  const { createdAt, failingSince, disabledAt, previousUntil } = endpoint;
  return {
    webhookId: id,
    url,
    description,
    types: types ?? null,
    pending,
    failed,
    disabledReason,
    createdAt: time.withOffset(createdAt),
    failingSince: shown(failingSince),
    disabledAt: shown(disabledAt),
    previousSecretUntil: shown(previousUntil),
  };
};

const attemptView = (attempt: Awaited<ReturnType<WebhookService['log']>>[number], time: DisplayTime) => {
  const { eventId, topic, status, at, httpStatus, durationMs, error } = attempt;
  return { eventId, type: typeOf(topic), status, at: time.withOffset(at), httpStatus, durationMs, error };
};

function replayOf(body: ReplayBody): Replay {
  if ('eventId' in body) return { eventId: body.eventId };
  return 'since' in body ? { since: new Date(body.since) } : { failed: true };
}
