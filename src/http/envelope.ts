import type { Response } from 'express';
import { z } from 'zod';
import type { ApiError } from '../errors';

/** An answer made ready before: its text is sent as it is. */
export class Prepared {
  constructor(
    /** The whole envelope as JSON. */
    readonly text: string,
    readonly headers: Record<string, string> = {},
  ) {}
}

export const success = (data: unknown): string =>
  `{"resultType":"SUCCESS","data":${JSON.stringify(data)},"exception":null}`;

export const failure = (code: string, message: string): string =>
  JSON.stringify({ resultType: 'FAIL', data: null, exception: { code, message } });

export function sendText(res: Response, status: number, text: string): void {
  res.statusCode = status;
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(text);
}

export function sendFailure(res: Response, error: ApiError): void {
  if (error.retryAfterSeconds !== undefined) res.setHeader('Retry-After', String(error.retryAfterSeconds));
  sendText(res, error.status, failure(error.code, error.message));
}

/** The envelope around `data` as a schema, for the API document. */
export const Success = (data: z.ZodType): z.ZodType =>
  z.object({ resultType: z.literal('SUCCESS'), data, exception: z.null() });

export const Failure = z.object({
  resultType: z.literal('FAIL'),
  data: z.null(),
  exception: z.object({ code: z.string(), message: z.string() }),
});
