import { z } from 'zod';

/** JSON Schema of what a client sends (`input`) or gets (`output`). */
export const toSchema = (schema: z.ZodType, io: 'input' | 'output'): unknown => {
  const made = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  delete made.$schema; // said once for the whole document
  return made;
};
