import type { Router } from 'express';
import { z } from 'zod';
import { DisplayTime } from '../../../common/calendar/display-time';
import { sendData } from '../../../http/envelope';
import { OffsetTime } from '../../../http/fields';
import { answers, operation } from '../../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import type { Access } from '../middleware';
import { type OperatorService, ROLES } from './service';

const Me = z.object({ name: z.string(), role: z.enum(ROLES) });
const OperatorView = Me.extend({ createdAt: OffsetTime, revokedAt: OffsetTime.nullable() });

export function operatorListRoutes(operators: OperatorService, access: Access, time: DisplayTime): Router {
  const router = literalRouter();

  router.get(
    '/v1/admin/me',
    access('viewer'),
    answers(GET_ME, (req, res) => {
      const { name, role } = req.operator;
      sendData(res, { name, role });
    }),
  );

  router.get(
    '/v1/admin/operators',
    access('admin'),
    answers(LIST, async (_req, res) => {
      const all = await operators.list();
      sendData(
        res,
        all.map(({ createdAt, revokedAt, ...rest }) => ({
          ...rest,
          createdAt: time.withOffset(createdAt),
          revokedAt: revokedAt && time.withOffset(revokedAt),
        })),
      );
    }),
  );

  return refuseOtherMethods(router);
}

const tag = 'Operators';
const GET_ME = operation({
  tag,
  summary: 'Whose key this is',
  answer: Me,
  example: { name: 'kim', role: 'operator' as const },
});
const LIST = operation({
  tag,
  summary: 'All operators that there were and are',
  answer: z.array(OperatorView),
  example: [
    { name: 'kim', role: 'operator' as const, createdAt: '2030-01-02T20:00:00+09:00', revokedAt: null },
  ],
});
