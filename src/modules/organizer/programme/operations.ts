import { z } from 'zod';
import { operation } from '../../../http/operation';
import { PageQuery } from '../paging';
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

const tag = 'Programme';
const NOT_FOUND = { '404': 'There is none of that number' };

const concert = { concertId: 1, title: 'Winter Lights', queueId: null };
export const LIST_CONCERTS = operation({
  tag,
  summary: 'Concerts, the newest first, at most 1,000',
  query: PageQuery,
  answer: z.array(ConcertView),
  example: [concert],
});
export const CREATE_CONCERT = operation({
  tag,
  summary: 'Makes a concert',
  body: ConcertInput,
  answer: ConcertView,
  example: concert,
});
export const GET_CONCERT = operation({
  tag,
  summary: 'A concert, with its ETag',
  answer: ConcertView,
  example: concert,
  errors: NOT_FOUND,
});
export const EDIT_CONCERT = operation({
  tag,
  summary: 'Edits a concert',
  body: ConcertPatch,
  answer: ConcertView,
  example: concert,
  errors: NOT_FOUND,
});

const schedule: ScheduleView = {
  scheduleId: 7,
  concertId: 1,
  state: 'DRAFT',
  startsAt: '2030-01-31T19:00:00+09:00',
  endsAt: '2030-01-31T21:30:00+09:00',
  opensAt: '2030-01-02T20:00:00+09:00',
  closesAt: null,
  refundableUntil: '2030-01-24T00:00:00+09:00',
  seatsPerUser: 4,
  layoutId: 1,
};
const detail: ScheduleDetail = {
  ...schedule,
  prices: { VIP: 200_000 },
  seats: { AVAILABLE: 1000, TEMP_RESERVED: 0, RESERVED: 0, BLOCKED: 0 },
};
export const LIST_SCHEDULES = operation({
  tag,
  summary: 'Schedules by id, at most 1,000',
  query: ScheduleQuery,
  answer: z.array(ScheduleView),
  example: [schedule],
});
export const CREATE_SCHEDULE = operation({
  tag,
  summary: 'Makes a draft of a schedule with all seats of its layout',
  body: ScheduleInput,
  answer: ScheduleDetail,
  example: detail,
  errors: NOT_FOUND,
});
export const GET_SCHEDULE = operation({
  tag,
  summary: 'A schedule with its ETag, prices and number of seats by status',
  answer: ScheduleDetail,
  example: detail,
  errors: NOT_FOUND,
});
export const EDIT_SCHEDULE = operation({
  tag,
  summary: 'Edits a schedule: of a published one the sales window, refund limit and seats per user',
  body: SchedulePatch,
  answer: ScheduleDetail,
  example: detail,
  errors: { ...NOT_FOUND, '409': 'Its state does not allow it' },
});
export const PUBLISH = operation({
  tag,
  summary: 'Publishes a draft: it is listed at once and on sale from its opensAt',
  body: ReasonInput,
  answer: ScheduleDetail,
  example: { ...detail, state: 'PUBLISHED' as const },
  errors: { ...NOT_FOUND, '409': 'It is no draft' },
});
export const BLOCK_SEATS = operation({
  tag,
  summary: 'Takes seats out of the sale, or puts them back: all or none',
  body: BlockInput,
  answer: BlockView,
  example: { changed: 2 },
  errors: { ...NOT_FOUND, '409': 'Some of the seats are on hold or sold: the message names them' },
});
