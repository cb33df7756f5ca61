import type { RequestHandler } from 'express';
import type { z } from 'zod';
import { BadInput } from '../errors';
import { documented, type Operation } from '../operation';
import { jsonBody } from './json-body';

/** Middleware that reads and checks what an operation takes; the handler finds the result in `req.body` and `req.query`. */
export type Validate = (operation: Pick<Operation, 'body' | 'query'>) => RequestHandler[];

const BAD_INPUT = { '400': 'Bad input: the message names each bad field' };
const BAD_BODY = { ...BAD_INPUT, '413': 'The body is too large', '415': 'The body is not JSON' };

/** @param bodyBytes most that a body may have */
export function validation(bodyBytes: number): Validate {
  const readBody = jsonBody(bodyBytes);
  return ({ body, query }) => [
    ...(query === undefined ? [] : [checkQuery(query)]),
    ...(body === undefined ? [] : [readBody, checkBody(body)]),
  ];
}

const checkBody = (schema: z.ZodType): RequestHandler =>
  documented<RequestHandler>(
    (req, _res, next) => {
      req.body = check('body', schema, req.body);
      next();
    },
    { errors: BAD_BODY },
  );

const checkQuery = (schema: z.ZodType): RequestHandler =>
  documented<RequestHandler>(
    (req, _res, next) => {
      (req as { query: unknown }).query = check('query', schema, req.query);
      next();
    },
    { errors: BAD_INPUT },
  );

/** @throws BadInput that names every bad field */
function check(where: string, schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    (issue) => `${issue.path.map(String).join('.') || where}: ${issue.message}`,
  );
  throw new BadInput(faults.join('; '));
}
