import { createHash } from 'node:crypto';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { failure, sendText, success } from '../../http/envelope';
import { BadInput } from '../../http/errors';
import { documented } from '../../http/operation';
import type { PerUserLimiter } from '../../http/limits/per-user-limiter';
import { AnsweredMeanwhile } from './errors';
import type { RequestKey } from './key';
import type { IdempotencyService, Remembered } from './service';

/** What a route that acts once per Idempotency-Key names, in this order. */
export interface OncePerKey {
  /** Reads the key: `req.idempotencyKey`. */
  key: RequestHandler;
  /** Answers a request that was answered before as it was then. */
  replay: RequestHandler;
  /** Behind the handler: answers a refused duplicate likewise, also when its session has ended since. */
  replayIfRefused: ErrorRequestHandler;
}

/**
 * @param afterReplay what must follow the act's COMMIT and may not have: done again when its answer is replayed
 * @param answer how it is replayed; in the envelope, if there is none
 */
export type Idempotent = <Body, Answer>(
  afterReplay?: AfterReplay<Body, Answer>,
  answer?: AnswerAgain,
) => OncePerKey;

type AfterReplay<Body, Answer> = (body: Body, answer: Answer) => Promise<void>;

/** Answers a request as one was answered before. */
export type AnswerAgain = (req: Request, res: Response, remembered: Remembered) => void;

export interface IdempotencyOptions {
  /** Limits the repeated requests of one user after the end of the session. */
  limiter: PerUserLimiter;
  /** Whether a token that is refused may have been active before. */
  mayHaveEnded: (req: Request, refusal: unknown) => boolean;
  /** Sheds replays that come without a session when there are many at once. */
  shed: (res: Response) => void;
}

export function idempotency(service: IdempotencyService, options: IdempotencyOptions): Idempotent {
  return (afterReplay, answer = answerInEnvelope) => {
    const replay = replaying(service, answer, afterReplay as AfterReplay<unknown, unknown> | undefined);
    return {
      key: documented(readKey, DOCUMENTATION),
      replay: async (req, res, next) => {
        if (!(await replay(req, res))) next();
      },
      replayIfRefused: async (error: unknown, req, res, next) => {
        const isEnded = error === req.inactive && options.mayHaveEnded(req, error);
        const isDuplicate = error instanceof AnsweredMeanwhile; // answered since the key was recalled
        const isAnswered = isEnded
          ? await replayAfterEnd(req, res, replay, options)
          : isDuplicate && (await replay(req, res));
        if (!isAnswered) next(error);
      },
    };
  };
}

/** A retry of what an ended session did gets the same answer, but not as one of those who are active. */
async function replayAfterEnd(
  req: Request,
  res: Response,
  replay: Replay,
  { limiter, shed }: IdempotencyOptions,
): Promise<boolean> {
  if (req.idempotencyKey === undefined) return false;
  const leave = await limiter.enter(req.claims.userId);
  try {
    shed(res);
    return await replay(req, res);
  } finally {
    leave();
  }
}

/** Answers as the key's request was answered before. @returns whether it was */
type Replay = (req: Request, res: Response) => Promise<boolean>;

const replaying =
  (
    service: IdempotencyService,
    answerAgain: AnswerAgain,
    afterReplay?: AfterReplay<unknown, unknown>,
  ): Replay =>
  async (req, res) => {
    const remembered = req.idempotencyKey && (await service.recall(req.idempotencyKey));
    if (remembered === undefined) return false;
    if (remembered.status < 400) await afterReplay?.(req.body, remembered.answer);
    res.exchange.isReplay = true;
    answerAgain(req, res, remembered);
    return true;
  };

const answerInEnvelope: AnswerAgain = (_req, res, { status, answer }) => {
  const text = status < 400 ? success(answer) : failure(answer.code, answer.message);
  sendText(res, status, text, ['Idempotency-Replayed', 'true']);
};

const KEY = /^[\x21-\x7e]{1,255}$/;

/** The request's Idempotency-Key, tied to its user and to the request's content. */
const readKey: RequestHandler = (req, _res, next) => {
  req.idempotencyKey = keyOf(req);
  next();
};

/** @throws BadInput (400) */
function keyOf(req: Request): RequestKey | undefined {
  const id = req.headers['idempotency-key'];
  if (id === undefined) return undefined;
  if (typeof id !== 'string' || !KEY.test(id))
    throw new BadInput('Idempotency-Key: send 1 to 255 printable ASCII characters without spaces.');
  const fingerprint = createHash('sha256')
    .update(`${req.method} ${req.path} ${JSON.stringify(req.body)}`)
    .digest();
  return { userId: req.claims.userId, id, fingerprint };
}

const DOCUMENTATION = {
  parameters: [
    {
      in: 'header',
      name: 'Idempotency-Key',
      required: false,
      description:
        'The request acts once, however often it is sent with this key; its answer is kept at least 24 h.',
      schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
    },
  ],
  errors: {
    '400': 'Bad input: the message names each bad field',
    '409': 'A request with this Idempotency-Key is under way',
    '422': 'The key was used with another request',
  },
};
