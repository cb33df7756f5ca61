import { check, sleep } from 'k6';
import { randomBytes } from 'k6/crypto';
import { b64encode } from 'k6/encoding';
import http from 'k6/http';
import { Answer } from './answer.ts';
import { record } from './timeline.ts';
import { BASE_URL, QUEUE, TRIES } from './options.ts';

export type Endpoint =
  | 'token'
  | 'challenge'
  | 'check'
  | 'schedule'
  | 'seat'
  | 'amount'
  | 'charge'
  | 'reserve'
  | 'payment';

export interface Place {
  queuePosition: number;
  status: 'WAITING' | 'PROGRESS' | 'DONE' | 'EXPIRED';
  etaSeconds: number;
  pollAfterMs: number;
  queueState: string;
}
/** The user who requests a token, and the proof for it. */
export type TokenRequest =
  | { userId: number; proof?: { challenge: string; nonce: string } }
  | { assertion: string };
export interface Schedule {
  scheduleId: number;
  seatStatus: 'AVAILABLE' | 'SOLD_OUT';
}
export interface Seat {
  seatId: number;
  amount: number;
}
/** Times are ISO 8601. */
export interface Reservation {
  reservationId: number;
  reservedAt: string;
  reservedUntil: string;
}

/** By it a rehearsal's test users get tokens where these cost something; empty: they ask as buyers do. */
const REHEARSAL_PASS = __ENV['REHEARSAL_PASS'] ?? '';
const IN_QUEUE = QUEUE === '' ? {} : { queueId: QUEUE };

interface Call {
  endpoint: Endpoint;
  method: 'GET' | 'POST';
  path: string;
  /** Behind the path, and not in the name. */
  query?: string;
  /** The path in the name, where it has an id; else the path. */
  route?: string;
  token?: string;
  body?: object;
  /** Sent with every attempt, so that all of them together act once. */
  idempotencyKey?: string;
  /** 409 counts as a success, because another user has the seat. */
  conflictIsFine?: boolean;
}

/** The endpoints of the service, one function each. Every request is tagged `endpoint` and has a `name` without ids. */
export class Api {
  /** With `tries` 1 a refused request is not retried, for scripts in which each iteration is another user. */
  constructor(private readonly tries = TRIES) {}

  readonly token = (userId: number): Answer<{ queueToken: string }> => this.tokenFor({ userId });

  readonly tokenFor = (who: TokenRequest): Answer<{ queueToken: string }> =>
    this.call({
      endpoint: 'token',
      method: 'POST',
      path: REHEARSAL_PASS === '' ? '/v1/api/queue/token' : '/v1/api/queue/rehearsal-token',
      body: { ...who, ...IN_QUEUE, ...(REHEARSAL_PASS !== '' && { pass: REHEARSAL_PASS }) },
    });

  readonly challenge = (userId: number): Answer<{ challenge: string }> =>
    this.call({ endpoint: 'challenge', method: 'POST', path: '/v1/api/queue/challenge', body: { userId } });

  readonly check = (token: string): Answer<Place> =>
    this.call({ endpoint: 'check', method: 'POST', path: '/v1/api/queue/token/check', token });

  readonly schedule = (token: string): Answer<Schedule[]> =>
    this.call({ endpoint: 'schedule', method: 'GET', path: '/v1/api/concerts/schedule', token });

  readonly seat = (token: string, scheduleId: number): Answer<Seat[]> =>
    this.call({
      endpoint: 'seat',
      method: 'GET',
      path: '/v1/api/concerts/seat',
      query: `?scheduleId=${scheduleId}`,
      token,
    });

  readonly amount = (token: string): Answer<{ amount: number }> =>
    this.call({ endpoint: 'amount', method: 'GET', path: '/v1/api/user/amount', token });

  readonly charge = (token: string, amount: number): Answer<{ amount: number }> =>
    this.act({ endpoint: 'charge', path: '/v1/api/user/amount', token, body: { amount } });

  readonly reserve = (token: string, scheduleId: number, seatId: number): Answer<Reservation> =>
    this.act({
      endpoint: 'reserve',
      path: '/v1/api/concerts/reserve',
      token,
      body: { scheduleId, seatId },
      conflictIsFine: true,
    });

  /** Adjacent seats, all or none. Tagged as what it does: reserve. */
  readonly order = (
    token: string,
    scheduleId: number,
    count: number,
  ): Answer<{ orderId: number; totalAmount: number }> =>
    this.act({
      endpoint: 'reserve',
      path: '/v1/api/orders',
      token,
      body: { scheduleId, best: { count } },
      conflictIsFine: true,
    });

  readonly orderPayment = (token: string, orderId: number): Answer<{ paymentAmount: number }> =>
    this.act({
      endpoint: 'payment',
      path: `/v1/api/orders/${orderId}/payment`,
      route: '/v1/api/orders/{id}/payment',
      token,
    });

  readonly payment = (token: string, reservationId: number): Answer<{ paymentAmount: number }> =>
    this.act({ endpoint: 'payment', path: '/v1/api/concerts/payment', token, body: { reservationId } });

  private act<T>(what: Omit<Call, 'method'>): Answer<T> {
    return this.call({ ...what, method: 'POST', idempotencyKey: b64encode(randomBytes(18), 'rawurl') });
  }

  /** Sends a request until its answer is final, and retries after the delay of Retry-After. */
  private call<T>(what: Call): Answer<T> {
    for (let attempt = 1; ; attempt++) {
      const answer = send<T>(what);
      const pause = answer.retryAfterSeconds;
      if (pause === undefined || attempt >= this.tries) {
        const served = answer.ok || (what.conflictIsFine === true && answer.status === 409);
        check(answer, { [`${what.endpoint} served`]: () => served }, { endpoint: what.endpoint });
        return answer;
      }
      sleep(pause * (1 + Math.random() / 4)); // spreads the retries of requests that were refused at the same time
    }
  }
}

/** Endpoints for users who are not active. */
const WITHOUT_ADMISSION: Endpoint[] = ['token', 'challenge', 'check'];
const served = http.expectedStatuses(200);
const servedOrConflict = http.expectedStatuses(200, 409);

function send<T>({
  endpoint,
  method,
  path,
  route = path,
  query = '',
  token,
  body,
  idempotencyKey,
  conflictIsFine,
}: Call): Answer<T> {
  const headers: Record<string, string> = {};
  if (token !== undefined) headers['Authorization'] = token;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (idempotencyKey !== undefined) headers['Idempotency-Key'] = idempotencyKey;
  const response = http.request(
    method,
    `${BASE_URL}${path}${query}`,
    body === undefined ? null : JSON.stringify(body),
    {
      headers,
      tags: { endpoint, name: `${method} ${route}` },
      responseType: 'text',
      responseCallback: conflictIsFine === true ? servedOrConflict : served,
    },
  );
  if (!WITHOUT_ADMISSION.includes(endpoint)) record(endpoint, response.timings.duration, response.status);
  return new Answer(response);
}
