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

/** @throws BadInput that names the bad fields */
function check(where: string, schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new BadInput(faultsIn(result.error, where));
}

/** A list of thousands may have as many faults. */
const MAX_FAULTS_NAMED = 20;

/** @param where what is checked, for a fault of it as a whole; may be empty */
export function faultsIn({ issues }: z.ZodError, where: string): string {
  const named = issues
    .slice(0, MAX_FAULTS_NAMED)
    .map(({ path, message }) => [path.map(String).join('.') || where, message].filter(Boolean).join(': '));
  const more = issues.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join('; ');
}
