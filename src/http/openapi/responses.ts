import { Success } from '../envelope';
import { CHALLENGE, statusOf } from '../errors';
import type { Operation } from '../operation';
import { toSchema } from './schema';

export const successResponse = ({ answer, example, status, mediaType }: Operation): object =>
  status === 204
    ? { '204': { description: 'Done' } }
    : mediaType !== undefined
      ? {
          '200': {
            description: 'Done',
            content: { [mediaType]: { schema: toSchema(answer, 'output'), example } },
          },
        }
      : {
          '200': {
            description: 'Done',
            content: {
              'application/json': {
                schema: toSchema(Success(answer), 'output'),
                example: { resultType: 'SUCCESS', data: example, exception: null },
              },
            },
          },
        };

export const eventResponses = (
  { answer, example }: Operation,
  events: Record<string, string>,
): Record<string, object> => ({
  '200': {
    description: `Events: ${Object.entries(events)
      .map(([name, when]) => `\`${name}\` ${when}`)
      .join(' · ')}`,
    content: {
      'text/event-stream': {
        schema: {
          type: 'object',
          description: 'Each event',
          required: ['event', 'id', 'data'],
          properties: {
            event: { enum: Object.keys(events) },
            id: { type: 'string' },
            data: {
              type: 'string',
              contentMediaType: 'application/json',
              contentSchema: toSchema(answer, 'output'),
            },
          },
        },
        example: `event: ${Object.keys(events)[0] ?? ''}\ndata: ${JSON.stringify(example)}\n\n`,
      },
    },
  },
  '204': { description: 'Last-Event-ID says that the last event has been received' },
});

const AUTHENTICATE = {
  'WWW-Authenticate': { description: 'How to authenticate', schema: { type: 'string', const: CHALLENGE } },
};

/** Every code with an example, grouped by HTTP status. */
export function failureResponses(errors: Record<string, string>): Record<string, object> {
  const responses: Record<
    string,
    {
      description: string;
      headers?: object;
      content: { 'application/json': { schema: object; examples: Record<string, object> } };
    }
  > = {};
  for (const [code, when] of Object.entries(errors)) {
    const status = String(statusOf(code));
    const response = (responses[status] ??= {
      description: when,
      ...(status === '401' ? { headers: AUTHENTICATE } : {}),
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' }, examples: {} } },
    });
    response.content['application/json'].examples[code] = {
      summary: when,
      value: { resultType: 'FAIL', data: null, exception: { code, message: when } },
    };
  }
  return responses;
}
