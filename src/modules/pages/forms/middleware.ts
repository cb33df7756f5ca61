import { randomUUID } from 'node:crypto';
import {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  urlencoded,
} from 'express';
import { Unauthorized } from '../../../common/errors';
import { failureOf } from '../../../http/errors';
import { KeyInUse } from '../../idempotency/errors';
import type { AnswerAgain } from '../../idempotency/middleware';
import { TokenNotActive, TokenNotIssuedByQueue } from '../../waiting-room/errors';
import type { FormGuard } from './guard';
import { refusalText } from './refusals';
import { formTexts } from './texts';
import { FORMS, type Page } from './parts';
import { problemPage } from './views';

const BODY_BYTES = 8192;
const MOST_FIELDS = 40;
const TOKEN_HEADER = 'authorization';

/** No script runs on these pages, and forms go nowhere else. */
const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
  Vary: 'Cookie, Accept-Language',
};

type Fields = Partial<Record<string, string | string[]>>;

/** What the routes of the forms are made of, besides what all routes have. */
export interface FormSteps {
  /** The buyer's token, as if it had been sent as Authorization. @throws Unauthorized (401): there is none */
  buyer: RequestHandler;
  /** Reads the form and refuses what is not from a page of this site. */
  form: RequestHandler[];
  /** Of a form that was sent before: the act is done, or was refused. */
  answerAgain: AnswerAgain;
  /** Last of all: a refusal is a page. */
  problems: ErrorRequestHandler;
  page: (req: Request, res: Response) => Page;
  send: (res: Response, text: string, status?: number) => void;
  goOn: (res: Response, to?: string) => void;
}

export function formSteps(guard: FormGuard, style: string): FormSteps {
  const send: FormSteps['send'] = (res, text, status = 200) => {
    res.status(status).set(HEADERS).send(text);
  };
  const goOn: FormSteps['goOn'] = (res, to = '') => {
    res
      .set({ 'Cache-Control': 'no-store', Location: FORMS + to })
      .status(303)
      .end();
  };
  const page: FormSteps['page'] = (req, res) => {
    const { proof, cookies } = guard.proofFor(req);
    for (const cookie of cookies) res.append('Set-Cookie', cookie);
    return { texts: formTexts(req.headers['accept-language']), style, proof, newKey: randomUUID };
  };
  const refuse = (req: Request, res: Response, status: number, code: string): void => {
    const shown = page(req, res);
    send(res, problemPage(shown, refusalText(shown.texts.lang, code, status)), status);
  };
  return {
    send,
    goOn,
    page,
    answerAgain: (req, res, { status, answer }) =>
      status < 400 ? goOn(res) : refuse(req, res, status, answer.code),
    buyer: (req, _res, next) => {
      const token = guard.tokenOf(req);
      if (token === undefined) throw new Unauthorized('You have no place in the queue yet.');
      req.headers[TOKEN_HEADER] = token;
      next();
    },
    form: [
      urlencoded({ extended: false, limit: BODY_BYTES, parameterLimit: MOST_FIELDS }),
      (req, _res, next) => {
        const { proof, key, ...fields } = (req.body ?? {}) as Fields;
        guard.check(req, proof);
        req.body = fields;
        if (typeof key === 'string') req.headers['idempotency-key'] = key;
        next();
      },
    ],
    problems: (error: unknown, req, res, next) => {
      if (res.headersSent) next(error);
      else if (error instanceof TokenNotActive) goOn(res);
      else if (error instanceof Unauthorized || error instanceof TokenNotIssuedByQueue) {
        for (const cookie of guard.left()) res.append('Set-Cookie', cookie);
        goOn(res);
      } else {
        const { status, code } = failureOf(error);
        refuse(req, res, status, error instanceof KeyInUse ? 'UNDER_WAY' : code);
      }
    },
  };
}
