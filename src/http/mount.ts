import {
  json,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import type { z } from 'zod';
import { BadInput, MethodNotAllowed, UnsupportedMediaType } from '../errors';
import type { IdempotencyService } from '../modules/idempotency/service';
import type { QueueService, Visitor } from '../modules/queue/service';
import type { Claims } from '../modules/queue/token';
import type { Endpoint } from './endpoint';
import { Prepared, failure, sendText, success } from './envelope';
import { readRequestKey } from './idempotency';
import { readToken } from './token';

export interface Steps {
  queue: QueueService;
  idempotency: IdempotencyService;
  rateLimit: RequestHandler;
  bodyBytes: number;
}

/** Puts the endpoints on the router; other methods on their paths get 405. */
export function mount(router: Router, endpoints: Endpoint[], steps: Steps): void {
  const readJson = json({ limit: steps.bodyBytes, strict: true, type: 'application/json' });
  for (const it of endpoints) {
    const before: RequestHandler[] = [nameRoute(it.path)];
    if (it.rateLimited) before.push(steps.rateLimit);
    if (it.body !== undefined) before.push(demandJson, readJson);
    router[it.method](it.path, ...before, answer(it, steps));
  }
  for (const [path, methods] of methodsByPath(endpoints)) {
    router.all(path, nameRoute(path), (_req, res) => {
      res.setHeader('Allow', methods);
      throw new MethodNotAllowed(methods);
    });
  }
}

function answer(it: Endpoint, steps: Steps): RequestHandler {
  return async (req: Request, res: Response) => {
    const claims = it.access === 'public' ? undefined : steps.queue.identify(readToken(req));
    const body = it.body && check('body', it.body, req.body);
    const query = it.query && check('query', it.query, req.query);
    const key = it.idempotent && claims ? readRequestKey(req, claims.userId, it.path, body) : undefined;

    const remembered = key && (await steps.idempotency.recall(key));
    if (remembered) {
      res.setHeader('Idempotency-Replayed', 'true');
      const { status, answer: said } = remembered;
      sendText(res, status, status < 400 ? success(said) : failure(said.code, said.message));
      return;
    }

    const visitor =
      it.access === 'inside' && claims
        ? await steps.queue.admit(claims, it.method === 'get' ? 'read' : 'write')
        : undefined;
    // `access` says which of the two are there; the endpoint's author relies on no other.
    const who = { claims: claims as Claims, visitor: visitor as Visitor };
    const data = await it.handle({ body, query, key, ...who });
    if (!(data instanceof Prepared)) {
      sendText(res, 200, success(data));
      return;
    }
    for (const [name, value] of Object.entries(data.headers)) res.setHeader(name, value);
    if (req.fresh) {
      res.statusCode = 304;
      res.end();
      return;
    }
    sendText(res, 200, data.text);
  };
}

/** @throws BadInput that names every bad field */
function check(where: string, schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    (issue) => `${issue.path.map(String).join('.') || where}: ${issue.message}`,
  );
  throw new BadInput(faults.join('; '));
}

/** Metrics and logs know a request by its route's template, never by its URL. */
const nameRoute =
  (path: string): RequestHandler =>
  (_req: Request, res: Response, next: NextFunction) => {
    res.locals.route = path;
    next();
  };

function demandJson(req: Request, _res: Response, next: NextFunction): void {
  const hasBody =
    req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
  if (hasBody && !req.is('application/json')) throw new UnsupportedMediaType();
  next();
}

function methodsByPath(endpoints: Endpoint[]): Map<string, string> {
  const methods = new Map<string, string>();
  for (const { path, method } of endpoints)
    methods.set(path, [methods.get(path), method.toUpperCase()].filter(Boolean).join(', '));
  return methods;
}
