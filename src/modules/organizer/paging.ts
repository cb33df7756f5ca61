import { z } from 'zod';
import { QueryId } from '../../http/fields';

/** The query of a list that has the newest first. */
export const PageQuery = z.object({
  before: QueryId.optional().describe('Only smaller ids than this one: the last of the page before'),
});
export type PageQuery = z.infer<typeof PageQuery>;
