import type { Router } from 'express';
import { z } from 'zod';
import { sendData } from '../../../http/envelope';
import { validation } from '../../../http/middleware/validate';
import { answers, operation } from '../../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import { type Access, ifMatch, pathId, tagVersion } from '../middleware';
import type { ConcertAdminService } from './concert-service';
import type { ScheduleAdminService } from './schedule-service';
import {
  BlockInput,
  BlockView,
  ConcertInput,
  ConcertPatch,
  ConcertView,
  ReasonInput,
  ScheduleDetail,
  ScheduleInput,
  SchedulePatch,
  ScheduleQuery,
  ScheduleView,
} from './schema';

const BODY_BYTES = 256 * 1024;
const validate = validation(BODY_BYTES);

const CONCERTS = '/v1/admin/concerts';
const CONCERT = '/v1/admin/concerts/:concertId';
const SCHEDULES = '/v1/admin/schedules';
const SCHEDULE = '/v1/admin/schedules/:scheduleId';

export function concertRoutes(concerts: ConcertAdminService, access: Access): Router {
  const router = literalRouter();

  router.get(
    CONCERTS,
    access('viewer'),
    answers(LIST_CONCERTS, async (_req, res) => sendData(res, await concerts.list())),
  );

  router.post(
    CONCERTS,
    access('admin'),
    validate(CREATE_CONCERT),
    answers(CREATE_CONCERT, async (req, res) => {
      const { view, version } = await concerts.create(req.operator, req.body);
      tagVersion(res, version);
      sendData(res, view);
    }),
  );

  router.get(
    CONCERT,
    access('viewer'),
    answers(GET_CONCERT, async (req, res) => {
      const { view, version } = await concerts.find(pathId(req, 'concertId', 'Concert'));
      tagVersion(res, version);
      sendData(res, view);
    }),
  );

  router.patch(
    CONCERT,
    access('admin'),
    ifMatch,
    validate(EDIT_CONCERT),
    answers(EDIT_CONCERT, async (req, res) => {
      const id = pathId(req, 'concertId', 'Concert');
      const { view, version } = await concerts.edit(req.operator, id, req.expectedVersion, req.body);
      tagVersion(res, version);
      sendData(res, view);
    }),
  );

  return refuseOtherMethods(router);
}

export function scheduleRoutes(schedules: ScheduleAdminService, access: Access): Router {
  const router = literalRouter();

  router.get(
    SCHEDULES,
    access('viewer'),
    validate(LIST_SCHEDULES),
    answers(LIST_SCHEDULES, async (req, res) => sendData(res, await schedules.list(req.query))),
  );

  router.post(
    `${CONCERT}/schedules`,
    access('admin'),
    validate(CREATE_SCHEDULE),
    answers(CREATE_SCHEDULE, async (req, res) => {
      const concertId = pathId(req, 'concertId', 'Concert');
      const { view, version } = await schedules.create(req.operator, concertId, req.body);
      tagVersion(res, version);
      sendData(res, view);
    }),
  );

  router.get(
    SCHEDULE,
    access('viewer'),
    answers(GET_SCHEDULE, async (req, res) => {
      const { view, version } = await schedules.find(pathId(req, 'scheduleId', 'Schedule'));
      tagVersion(res, version);
      sendData(res, view);
    }),
  );

  router.patch(
    SCHEDULE,
    access('admin'),
    ifMatch,
    validate(EDIT_SCHEDULE),
    answers(EDIT_SCHEDULE, async (req, res) => {
      const id = pathId(req, 'scheduleId', 'Schedule');
      const { view, version } = await schedules.edit(req.operator, id, req.expectedVersion, req.body);
      tagVersion(res, version);
      sendData(res, view);
    }),
  );

  router.post(
    `${SCHEDULE}/publication`,
    access('admin'),
    validate(PUBLISH),
    answers(PUBLISH, async (req, res) => {
      const id = pathId(req, 'scheduleId', 'Schedule');
      const { view, version } = await schedules.publish(req.operator, id, req.body.reason);
      tagVersion(res, version);
      sendData(res, view);
    }),
  );

  router.post(
    `${SCHEDULE}/blocks`,
    access('operator'),
    validate(BLOCK_SEATS),
    answers(BLOCK_SEATS, async (req, res) => {
      sendData(res, await schedules.block(req.operator, pathId(req, 'scheduleId', 'Schedule'), req.body));
    }),
  );

  return refuseOtherMethods(router);
}

const tag = 'Programme';
const NOT_FOUND = { '404': 'There is none of that number' };

const concert = { concertId: 1, title: 'Winter Lights', queueId: null };
const LIST_CONCERTS = operation({
  ...{ tag, summary: 'The newest concerts, at most 1,000', answer: z.array(ConcertView), example: [concert] },
});
const CREATE_CONCERT = operation({
  ...{ tag, summary: 'Makes a concert', body: ConcertInput, answer: ConcertView, example: concert },
});
const GET_CONCERT = operation({
  ...{ tag, summary: 'A concert, with its ETag', answer: ConcertView, example: concert, errors: NOT_FOUND },
});
const EDIT_CONCERT = operation({
  ...{ tag, summary: 'Edits a concert', body: ConcertPatch, answer: ConcertView, example: concert },
  errors: NOT_FOUND,
});

const schedule: ScheduleView = {
  ...{ scheduleId: 7, concertId: 1, state: 'DRAFT' },
  ...{ startsAt: '2030-01-31T19:00:00+09:00', endsAt: '2030-01-31T21:30:00+09:00' },
  ...{ opensAt: '2030-01-02T20:00:00+09:00', closesAt: null, refundableUntil: '2030-01-24T00:00:00+09:00' },
  ...{ seatsPerUser: 4, layoutId: 1 },
};
const detail: ScheduleDetail = {
  ...{ ...schedule, prices: { VIP: 200_000 } },
  seats: { AVAILABLE: 1000, TEMP_RESERVED: 0, RESERVED: 0, BLOCKED: 0 },
};
const LIST_SCHEDULES = operation({
  ...{ tag, summary: 'Schedules by id, at most 1,000', query: ScheduleQuery },
  ...{ answer: z.array(ScheduleView), example: [schedule] },
});
const CREATE_SCHEDULE = operation({
  ...{ tag, summary: 'Makes a draft of a schedule with all seats of its layout', body: ScheduleInput },
  ...{ answer: ScheduleDetail, example: detail, errors: NOT_FOUND },
});
const GET_SCHEDULE = operation({
  ...{ tag, summary: 'A schedule with its ETag, prices and number of seats by status' },
  ...{ answer: ScheduleDetail, example: detail, errors: NOT_FOUND },
});
const EDIT_SCHEDULE = operation({
  ...{
    tag,
    summary: 'Edits a schedule: of a published one the sales window, refund limit and seats per user',
  },
  ...{ body: SchedulePatch, answer: ScheduleDetail, example: detail },
  errors: { ...NOT_FOUND, '409': 'Its state does not allow it' },
});
const PUBLISH = operation({
  ...{
    tag,
    summary: 'Publishes a draft: it is listed at once and on sale from its opensAt',
    body: ReasonInput,
  },
  ...{ answer: ScheduleDetail, example: { ...detail, state: 'PUBLISHED' as const } },
  errors: { ...NOT_FOUND, '409': 'It is no draft' },
});
const BLOCK_SEATS = operation({
  ...{ tag, summary: 'Takes seats out of the sale, or puts them back: all or none', body: BlockInput },
  ...{ answer: BlockView, example: { changed: 2 } },
  errors: { ...NOT_FOUND, '409': 'Some of the seats are on hold or sold: the message names them' },
});
