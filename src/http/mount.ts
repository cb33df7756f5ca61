import type { Request, Response } from 'express';
import { monotonicMs } from '../common/clock';
import { MethodNotAllowed, Overloaded, TooManyRequests } from '../common/errors';
import type { Logger } from '../platform/observability/logger';
import type { HttpMetrics } from './metrics';
import type { RequestKey } from '../modules/idempotency/key';
import { AnsweredMeanwhile, type IdempotencyService } from '../modules/idempotency/service';
import type { LoadMonitor } from '../modules/waiting-room/admission/load-monitor';
import type { Purpose, QueueService, ActiveUser } from '../modules/waiting-room/service';
import type { Claims } from '../modules/waiting-room/tokens/token';
import { PerUserLimiter } from './bulkhead';
import type { ConnectionAge } from './connection-age';
import { type Endpoint, isPerUser, isWrite } from './endpoint';
import { EncodedResponse, failure, sendFailure, sendText, success } from './envelope';
import { logFailure, toApiError } from './errors';
import { SseResponse } from './event-stream';
import { readInput, type RequestInput } from './input';
import { codingFor, isNamed } from './negotiation';
import { requestIdOf, RouteLog } from './requests';
import type { LoadShedder } from './shedder';

export interface Steps {
  queue: QueueService;
  idempotency: IdempotencyService;
  /** Rejects with TooManyRequests. */
  rateLimit: (req: Request) => Promise<void>;
  bodyBytes: number;
  shedder: LoadShedder;
  /** What the door is steered by: how those inside are served. */
  load: LoadMonitor;
  metrics: HttpMetrics;
  logger: Logger;
  /** Most holds, charges and payments of one visitor that are worked on at once. */
  atOnce: number;
  connections: ConnectionAge;
  /** Whether the process is on its way out: the client's next request should go to another one. */
  isDraining: () => boolean;
}

interface Method {
  endpoint: Endpoint;
  log: RouteLog;
}

interface Route {
  methods: Map<string, Method>;
  refused: RouteLog;
}

interface Answer {
  status: number;
  text: string | Buffer;
  headers: readonly string[];
}

/** Answers a request if its path is one of its own. @returns whether it is */
export type PathHandler = (req: Request, res: Response) => boolean;

/**
 * Serves the endpoints; other methods on their paths get 405. The paths are plain strings, so one look-up in a map
 * finds the endpoint, where a router would try its patterns one by one.
 */
export function serveEndpoints(endpoints: Endpoint[], steps: Steps): PathHandler {
  const byPath = new Map<string, Route>();
  for (const it of endpoints) {
    const logOf = (method: string): RouteLog => new RouteLog(method, it.path, steps.metrics, steps.logger);
    const route = byPath.get(it.path) ?? { methods: new Map<string, Method>(), refused: logOf('other') };
    byPath.set(it.path, route);
    const method = it.method.toUpperCase();
    route.methods.set(method, { endpoint: it, log: logOf(method) });
    if (method === 'GET') route.methods.set('HEAD', { endpoint: it, log: logOf('HEAD') });
  }

  const visitors = new PerUserLimiter({ ...VISITOR, atOnce: steps.atOnce, refusal: () => TOO_MUCH });
  const replays = new PerUserLimiter({ ...REPLAYS, refusal: () => TOO_MUCH });

  return (req, res) => {
    const path = pathOf(req.url);
    const route = byPath.get(path);
    if (route !== undefined) void serve(req, res, path, route);
    return route !== undefined;
  };

  async function serve(
    req: Request,
    res: Response,
    path: string,
    { methods, refused }: Route,
  ): Promise<void> {
    const method = methods.get(req.method);
    const log = method?.log ?? refused;
    let startedAtMs = monotonicMs();
    const requestId = requestIdOf(req);
    const headers = ['X-Request-Id', requestId];
    if (steps.isDraining() || steps.connections.isOver(req.socket, startedAtMs))
      headers.push('Connection', 'close');
    let status = 500;
    try {
      if (method === undefined) {
        const allowed = [...methods.keys()].join(', ');
        headers.push('Allow', allowed);
        throw new MethodNotAllowed(allowed);
      }
      const input = await readInput(method.endpoint, req, steps.queue, steps.bodyBytes);
      startedAtMs = monotonicMs();
      const answer = await counted(() => take(method.endpoint, req, input));
      if (answer instanceof SseResponse) {
        status = answer.begin(req, res, headers); // from then on it is no request in flight
        return;
      }
      status = answer.status;
      sendText(res, status, answer.text, [...headers, ...answer.headers]);
    } catch (error) {
      const known = toApiError(error);
      status = known.status;
      logFailure(steps.logger, error, known, { requestId, method: req.method, route: path });
      if (res.headersSent) res.destroy();
      else sendFailure(res, known, headers);
    } finally {
      log.answered(status, startedAtMs, requestId);
    }
  }

  /**
   * A request is in flight, and timed, when it has arrived: otherwise clients that send slowly would look like a house
   * that works slowly.
   */
  async function counted<T>(work: () => Promise<T>): Promise<T> {
    steps.metrics.requestsInFlight++;
    try {
      return await work();
    } finally {
      steps.metrics.requestsInFlight--;
    }
  }

  /** The answer that the key's request was given before. */
  async function recalled(it: Endpoint, key: RequestKey, body: unknown): Promise<Answer | undefined> {
    const remembered = await steps.idempotency.recall(key);
    if (remembered === undefined) return undefined;
    const { status, answer } = remembered;
    if (status < 400) await it.replayed?.(body, answer);
    const text = status < 400 ? success(answer) : failure(answer.code, answer.message);
    return { status, text, headers: ['Idempotency-Replayed', 'true'] };
  }

  /** The steps of every endpoint, in order. */
  async function take(it: Endpoint, req: Request, input: RequestInput): Promise<Answer | SseResponse> {
    const { claims } = input;
    if (it.access === 'inside' && claims) return forActive(it, req, input, claims);
    const work = (): Promise<Answer | SseResponse> => act(it, req, input, undefined);
    return isWrite(it) ? inTime(work) : work();
  }

  /**
   * Nothing of a token that is not active reaches the database, takes the time of those who are, or moves the door: one
   * that waits is refused by this process' copy of the queue, or by Redis where only that can tell.
   */
  async function forActive(
    it: Endpoint,
    req: Request,
    input: RequestInput,
    claims: Claims,
  ): Promise<Answer | SseResponse> {
    const isKnown = steps.queue.touchIfActive(claims);
    let refusal: unknown;
    const admit = async (): Promise<ActiveUser> => {
      try {
        return await steps.queue.admit(claims, purposeOf(it));
      } catch (error) {
        refusal = error;
        throw error;
      }
    };
    const work = async (): Promise<Answer | SseResponse> => {
      if (!isKnown) await admit();
      const served = (): Promise<Answer | SseResponse> => observed(it, req, input, admit);
      return isWrite(it) ? inTime(served, shedActive) : served();
    };
    try {
      return await (isPerUser(it) ? visitors.run(claims.userId, work) : work());
    } catch (error) {
      if (error !== refusal || !steps.queue.mayHaveEnded(claims, error)) throw error;
      return replayedAfterEnd(it, claims, input, error);
    }
  }

  /** A retry of what an ended session did gets the same answer, but not as one of those who are active. */
  async function replayedAfterEnd(
    it: Endpoint,
    { userId }: Claims,
    { key, body }: RequestInput,
    refusal: unknown,
  ): Promise<Answer> {
    const answer = key && (await replays.run(userId, () => inTime(() => recalled(it, key, body))));
    if (answer === undefined) throw refusal;
    return answer;
  }

  async function inTime<T>(work: () => Promise<T>, onShed?: () => void): Promise<T> {
    if (!steps.shedder.enter()) {
      steps.metrics.requestsShed.inc();
      onShed?.();
      throw OVERLOADED;
    }
    try {
      return await work();
    } finally {
      steps.shedder.leave();
    }
  }

  function shedActive(): void {
    steps.load.recordRequest(0, OVERLOADED.status, true);
  }

  /**
   * Tells the door how long the house has worked for somebody inside. Not how long a client took to send its request,
   * or has waited for itself: by those, anybody could open and close the door. Nor what was only said again: a token
   * that is active by the copy alone may have ended, and a replay is quicker than the work.
   */
  async function observed(
    it: Endpoint,
    req: Request,
    input: RequestInput,
    admit: () => Promise<ActiveUser>,
  ): Promise<Answer | SseResponse> {
    const sinceMs = monotonicMs();
    const visitor = await admit();
    let status = 200;
    let isReplay = false;
    try {
      const remembered = input.key && (await recalled(it, input.key, input.body));
      isReplay = remembered !== undefined;
      return remembered ?? (await act(it, req, input, visitor));
    } catch (error) {
      // A duplicate was answered since the key was recalled.
      const answer =
        input.key && error instanceof AnsweredMeanwhile
          ? await recalled(it, input.key, input.body)
          : undefined;
      isReplay = answer !== undefined;
      if (answer !== undefined) return answer;
      status = toApiError(error).status;
      throw error;
    } finally {
      const isWork = !isReplay && !isTurnedAway(status);
      if (isWork) steps.load.recordRequest(monotonicMs() - sinceMs, status, it.method === 'post');
    }
  }

  async function act(
    it: Endpoint,
    req: Request,
    input: RequestInput,
    visitor: ActiveUser | undefined,
  ): Promise<Answer | SseResponse> {
    const { body, query, key, claims } = input;
    if (it.rateLimited) await steps.rateLimit(req);
    // `access` says which of the two are there; the endpoint's author relies on no other.
    const data = await it.handle({
      body,
      query,
      key,
      claims: claims as Claims,
      visitor: visitor as ActiveUser,
    });
    if (data instanceof SseResponse) return data;
    if (!(data instanceof EncodedResponse)) return { status: 200, text: success(data), headers: [] };
    return present(data, req);
  }
}

/** An answer made before, as this client wants it. */
function present({ text, headers, etag, forms }: EncodedResponse, req: Request): Answer | Promise<Answer> {
  if (etag !== undefined && isNamed(etag, req.headers['if-none-match']))
    return { status: 304, text: '', headers };
  if (forms === undefined) return { status: 200, text, headers };
  return forms.in(codingFor(req.get('accept-encoding'))).then(({ coding, bytes }) => ({
    status: 200,
    text: bytes,
    headers: coding === 'identity' ? headers : [...headers, 'Content-Encoding', coding],
  }));
}

/** One for all: whoever is turned away gets the same, and a stack trace costs more than the rest of the refusal. */
const OVERLOADED = new Overloaded();
const TOO_MUCH = new TooManyRequests('visitor', 1);

/** What one visitor may want of a process: no page asks so much. */
const VISITOR = { asked: 100, patienceMs: 10_000 };
/** What one user may ask again after the end of its session. */
const REPLAYS = { atOnce: 1, asked: 10, patienceMs: 10_000 };

function purposeOf({ method, holds }: Endpoint): Purpose {
  if (method === 'get') return 'read';
  return holds === true ? 'hold' : 'write';
}

/** At the door: those are fast, and tell nothing of the house. */
const isTurnedAway = (status: number): boolean => status === 401 || status === 403;

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}
