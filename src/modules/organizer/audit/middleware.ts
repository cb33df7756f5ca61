import type { Request, RequestHandler } from 'express';
import type { Logger } from '../../../platform/observability/logger';
import type { AuditService } from './service';

export interface AuditedAct {
  /** `queue.admission`, … */
  act: string;
  /** `queue:main`, … */
  subjectOf: (req: Request) => string;
  /** How things stand before the act. */
  before?: (req: Request) => unknown;
}

/** Effect of an act, set by its route in `res.locals.act` where the request alone does not describe it. */
export interface DoneAct {
  /** False: things were so already, so there is nothing to write down. */
  isChange: boolean;
  reason?: string | undefined;
  before?: unknown;
  after?: unknown;
}

/** Writes down what an operator does to something else than the database. Behind `access`. */
export type Audited = (what: AuditedAct) => RequestHandler;

/**
 * The entry is written after the act, and a failure to write it is in the log: an operator must be able to stop
 * admission while MariaDB is down.
 */
export const audited =
  (audit: AuditService, logger: Logger): Audited =>
  ({ act, subjectOf, before }) =>
  (req, res, next) => {
    const was = before?.(req);
    res.exchange.onAnswered((status) => {
      if (status >= 400) return;
      const { isChange = true, ...done } = (res.locals.act ?? {}) as Partial<DoneAct>;
      if (!isChange) return;
      const entry = { act, subject: subjectOf(req), before: was, after: req.body as unknown, ...done };
      audit.record(req.operator, entry).catch((err: unknown) => {
        logger.error({ err, actor: req.operator.name, ...entry }, 'operator act not audited');
      });
    });
    next();
  };
