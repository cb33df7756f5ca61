import type { Router } from 'express';
import { sendData } from '../../../http/envelope';
import { validation } from '../../../http/middleware/validate';
import { answers } from '../../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import { type Access, ifMatch, pathId, tagVersion } from '../middleware';
import type { ConcertAdminService } from './concert-service';
import {
  LIST_CONCERTS,
  CREATE_CONCERT,
  GET_CONCERT,
  EDIT_CONCERT,
  LIST_SCHEDULES,
  CREATE_SCHEDULE,
  GET_SCHEDULE,
  EDIT_SCHEDULE,
  PUBLISH,
  BLOCK_SEATS,
} from './operations';
import type { ScheduleAdminService } from './schedule-service';

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
    validate(LIST_CONCERTS),
    answers(LIST_CONCERTS, async (req, res) => sendData(res, await concerts.list(req.query))),
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
      const { view, version } = await concerts.edit(req.operator, id, req.expectedVersions, req.body);
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
      const { view, version } = await schedules.edit(req.operator, id, req.expectedVersions, req.body);
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
