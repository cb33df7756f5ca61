import type { RequestHandler, Response } from 'express';
import { NotFound } from '../../common/errors';
import { QueryId } from '../../http/fields';
import { HttpError } from '../../http/errors';
import { matchedTags } from '../../http/encoding/entity-tags';
import { documented } from '../../http/operation';
import { readToken } from '../../http/token';
import type { OperatorService, Role } from './operators/service';

/** Lets only operators of this role, or of a greater one, pass: `req.operator`. */
export type Access = (atLeast: Role) => RequestHandler;

export const operatorAccess =
  (operators: OperatorService): Access =>
  (atLeast) =>
    documented<RequestHandler>(
      (req, _res, next) => {
        operators.authorize(readToken(req, 'your operator key'), atLeast).then((operator) => {
          req.operator = operator;
          next();
        }, next);
      },
      {
        security: [{ operatorKey: [] }],
        errors: {
          '401': 'No operator key, or one that was revoked',
          '403': `The operator has not the role ${atLeast}`,
        },
      },
    );

/** The id in a path. @throws NotFound (404) for what cannot be one */
export function pathId(req: { params: Record<string, string> }, name: string, what: string): number {
  const text = String(req.params[name]);
  const id = QueryId.safeParse(text);
  if (!id.success) throw new NotFound(`${what} ${text}`);
  return id.data;
}

const VERSION = /^(?:0|[1-9]\d{0,8})$/;

/** Edits name the versions that they may be of (RFC 6585, 3; RFC 9110, 13.1.1): `req.expectedVersions`. */
export const ifMatch: RequestHandler = documented<RequestHandler>(
  (req, _res, next) => {
    const header = req.headers['if-match'];
    if (header === undefined) throw new HttpError(428, 'If-Match: send the ETag of what you edit.');
    const versions = matchedTags(header)?.filter((tag) => VERSION.test(tag));
    if (versions?.length === 0) throw new HttpError(412, 'If-Match: this is not the current ETag.');
    req.expectedVersions = versions && new Set(versions.map(Number));
    next();
  },
  {
    parameters: [
      {
        in: 'header',
        name: 'If-Match',
        required: true,
        description: 'The ETag of what is edited, a list of ETags of which one must be it, or `*` for any',
        schema: { type: 'string' },
      },
    ],
    errors: { '412': 'It has been edited since', '428': 'If-Match is missing' },
  },
);

/** Sends the version along as the ETag. */
export function tagVersion(res: Response, version: number): void {
  res.exchange.headers.push('ETag', `"${version}"`);
}
