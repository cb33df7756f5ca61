import type { Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';

/** One operation of the API: the single source of its validation, its types and its page in the API document. */
export interface Operation<Body = unknown, Query = unknown, Answer = unknown> {
  tag: string;
  summary: string;
  description?: string;
  body?: z.ZodType<Body>;
  query?: z.ZodType<Query>;
  /** `data` of the answer's envelope. */
  answer: z.ZodType<Answer>;
  /** Answers with a stream of events whose data are `answer`s: each event's name, and when it is sent. */
  events?: Record<string, string>;
  /** What is answered is no JSON in an envelope, but the text of `answer` in this type. */
  mediaType?: string;
  /** 204: answers have no body. */
  status?: 204;
  /** Answers carry an ETag: If-None-Match gets 304. */
  conditional?: true;
  /** An answer as in the field, for the document. */
  example: Answer;
  /** Codes beyond those of the route's middleware, each with when it is given. */
  errors?: Record<string, string>;
}

/** Ties the types of one operation together. */
export const operation = <Body, Query, Answer>(
  described: Operation<Body, Query, Answer>,
): Operation<Body, Query, Answer> => described;

/** What a middleware or a handler adds to the API document of the routes that it stands on. */
export interface Documentation {
  operation?: Operation;
  /** Each alternative way to authenticate, by the name of its scheme. */
  security?: Record<string, string[]>[];
  parameters?: object[];
  /** Codes that it refuses with, each with when. */
  errors?: Record<string, string>;
}

const documentation = new WeakMap<object, Documentation>();

/** Says what a middleware means for the API document. */
export function documented<Handler extends object>(handler: Handler, what: Documentation): Handler {
  documentation.set(handler, what);
  return handler;
}

export const documentationOf = (handler: object): Documentation | undefined => documentation.get(handler);

type Handler<Body, Query, Answer> = (
  req: Request<Record<string, string>, Answer, Body, Query>,
  res: Response<Answer>,
) => void | Promise<void>;

/** The last handler of a route: what it gets and answers has the types of the operation. */
export function answers<Body, Query, Answer>(
  operation: Operation<Body, Query, Answer>,
  handler: Handler<Body, Query, Answer>,
): RequestHandler {
  return documented(handler as unknown as RequestHandler, { operation: operation });
}
