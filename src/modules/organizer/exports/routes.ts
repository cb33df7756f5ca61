import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Router } from 'express';
import { z } from 'zod';
import { QueryId } from '../../../http/fields';
import { validation } from '../../../http/middleware/validate';
import { answers, operation } from '../../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import type { Access } from '../middleware';
import { EXPORTS, type ExportService } from './service';

const ExportQuery = z.object({ scheduleId: QueryId.optional().describe('Only of this schedule') });

export function exportRoutes(exports: ExportService, access: Access): Router {
  const router = literalRouter();
  const validate = validation(0);

  for (const name of EXPORTS)
    router.get(
      `/v1/admin/exports/${name}.csv`,
      access('viewer'),
      validate(EXPORT),
      answers(EXPORT, async (req, res) => {
        // The client may leave: then nothing else ends the answer.
        res.once('close', () => res.exchange.answered(res.statusCode));
        res.setHeader('Content-Type', 'text/csv; charset=utf-8; header=present');
        res.setHeader('Content-Disposition', `attachment; filename="${name}.csv"`);
        res.setHeader('X-Content-Type-Options', 'nosniff');
        res.setHeader('Cache-Control', 'no-store');
        if (req.method === 'HEAD') {
          res.end(); // without a look at the table
          return;
        }
        await pipeline(Readable.from(exports.csv(name, req.query.scheduleId)), res).catch(
          (error: unknown) => {
            if (!res.destroyed) throw error;
          },
        );
      }),
    );

  return refuseOtherMethods(router);
}

const EXPORT = operation({
  tag: 'Exports',
  summary: 'A table as CSV, streamed',
  description:
    'As large as the table is; rows that change meanwhile may be given as before or after. Text that a spreadsheet would run as a formula begins with an apostrophe.',
  query: ExportQuery,
  mediaType: 'text/csv',
  answer: z.string(),
  example: 'id,userId,scheduleId,status,total,…',
});
