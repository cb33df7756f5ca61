import { queueId } from '../checks';
import { integer, integerOrAuto, numbersById, oneOf } from '../field';
import { text, webUrl } from '../text-field';

/** Queues: admission, sessions, presence and polls. */
export const waitingRoomFields = {
  QUEUE_ID: text({
    default: 'main',
    about: 'Name of the main queue; installations that share a Redis need one each',
    check: queueId,
  }),
  QUEUE_MAX_ACTIVE: integerOrAuto({
    unit: 'users',
    about:
      'Most active users at once; auto: as many as are served within QUEUE_AUTO_TARGET_P99_MS (docs/admission.md)',
  }),
  QUEUE_AUTO_MIN_ACTIVE: integer({
    min: 1,
    max: 1_000_000,
    default: 30,
    unit: 'users',
    about: 'auto: lower bound of the admission limit',
  }),
  QUEUE_AUTO_START_ACTIVE: integerOrAuto({
    unit: 'users',
    about:
      'auto: the admission limit at first, and how many users may come in a second while the backend is idle; auto: eight tenths of what the last rehearsal has found, else ten for each of DATABASE_POOL_MAX',
  }),
  QUEUE_AUTO_MAX_ACTIVE: integer({
    min: 1,
    max: 999_999_999,
    default: 1_000_000,
    unit: 'users',
    about: 'auto: upper bound of the admission limit',
  }),
  QUEUE_AUTO_TARGET_P99_MS: integer({
    min: 10,
    max: 60_000,
    default: 200,
    unit: 'ms',
    about: 'auto: latency target, p99 of the answers to active users',
  }),
  QUEUES: numbersById({
    about:
      'Further queues besides main: id=most active users or auto, …; the column queue_id names the queue of a concert',
  }),
  QUEUE_SESSION_SECONDS: integer({
    min: 1,
    max: 86_400,
    default: 600,
    unit: 's',
    about: 'Longest session, counted from the first admission; a hold prolongs it to the end of the hold',
  }),
  QUEUE_MAX_WAIT_SECONDS: integer({
    min: 1,
    max: 604_800,
    default: 7200,
    unit: 's',
    about: 'Longest wait: an older waiting token has EXPIRED',
  }),
  QUEUE_PRESENCE_TIMEOUT_SECONDS: integer({
    min: 2,
    max: 3600,
    default: 30,
    unit: 's',
    about: 'A waiting user who has not polled for at least this long is passed over until the next poll',
  }),
  QUEUE_IDLE_TIMEOUT_SECONDS: integer({
    min: 0,
    max: 86_400,
    default: 120,
    unit: 's',
    about:
      'The session of an active user without a request for at least this long, and without a hold, ends; 0: never',
  }),
  QUEUE_ADMISSION_INTERVAL_MS: integer({
    min: 10,
    max: 10_000,
    default: 100,
    unit: 'ms',
    about: 'How often free sessions are filled',
  }),
  QUEUE_SNAPSHOT_INTERVAL_MS: integer({
    min: 10,
    max: 500,
    default: 250,
    unit: 'ms',
    about: 'How often the snapshot is refreshed from which polls are answered',
  }),
  QUEUE_MAX_POLLS_PER_SECOND: integer({
    min: 2,
    default: 10_000,
    unit: 'polls/s',
    about: 'Most polls of all waiting users together: pollAfterMs is chosen so that it is not exceeded',
  }),
  QUEUE_STATUS_MAX_INTERVAL_SECONDS: integer({
    min: 2,
    max: 600,
    default: 10,
    unit: 's',
    about:
      'Longest time between two reads of the status by one client: n waiting users read it at most n / this times a second beside those near the head, at the cache in front of the service if there is one',
  }),
  QUEUE_MAX_STREAMS: integer({
    min: 0,
    default: 10_000,
    unit: 'streams',
    about: 'Most streams of one process, beyond them 503; 0: no streams, waiting users poll',
  }),
  QUEUE_ADMIT_BY_SEATS: oneOf({
    values: ['on', 'off'],
    default: 'on',
    about:
      'on: a queue that sells seats admits only as many users as find one, and nobody when all are sold or held',
  }),
  DRAW_DRAND_URL: webUrl({
    isBase: true,
    default: 'https://api.drand.sh',
    about: 'Node of the drand network that is asked for the round of a draw',
  }),
};
