import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CHALLENGE, Failure, Success } from './envelope';
import { type Endpoint, isPerUser } from './endpoint';

const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as {
  version: string;
};

/** HTTP status of each error code. */
const STATUS: Record<string, number> = { '001': 403, '002': 409, '003': 403, '004': 409, '005': 409 };

const toSchema = (schema: z.ZodType, io: 'input' | 'output'): unknown => {
  const made = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  delete made.$schema; // said once for the whole document
  return made;
};

/** The API document, OpenAPI 3.1, made of the same schemas that check the requests. */
export function openApiDocument(endpoints: Endpoint[]): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const it of endpoints) paths[it.path] = { ...paths[it.path], [it.method]: operation(it) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Concert reservation',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'A fair waiting room joined to the whole ticket lifecycle: token → check until PROGRESS → charge → schedule → seat → reserve → payment. Times are written in the display zone; those named …At and …Until are ISO 8601 with their offset.',
    },
    paths,
    components: {
      securitySchemes: {
        queueToken: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'The queue token, raw or as `Bearer <token>`',
        },
        eventTicket: { type: 'apiKey', in: 'query', name: 'ticket', description: 'Good for 60 s' },
      },
      schemas: { Failure: toSchema(Failure, 'output') },
    },
  };
}

function operation(it: Endpoint): object {
  return {
    tags: [it.tag],
    summary: it.summary,
    ...(it.description === undefined ? {} : { description: it.description }),
    security: SECURITY[it.access],
    parameters: [
      ...queryParameters(it),
      ...(it.idempotent ? [idempotencyKey] : []),
      ...(it.conditional ? [ifNoneMatch] : []),
    ],
    ...(it.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: toSchema(it.body, 'input') } },
          },
        }),
    responses: {
      ...(it.events === undefined ? { '200': successResponse(it) } : eventResponses(it, it.events)),
      ...(it.conditional ? { '304': { description: 'What If-None-Match names is still current' } } : {}),
      ...failureResponses(it),
    },
  };
}

const SECURITY: Record<Endpoint['access'], object[]> = {
  public: [],
  token: [{ queueToken: [] }],
  ticket: [{ queueToken: [] }, { eventTicket: [] }],
  inside: [{ queueToken: [] }],
};

const idempotencyKey = {
  in: 'header',
  name: 'Idempotency-Key',
  required: false,
  description:
    'The request acts once, however often it is sent with this key; its answer is kept at least 24 h.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
};

const ifNoneMatch = {
  in: 'header',
  name: 'If-None-Match',
  required: false,
  description: 'The ETag of a list that the client has, several, or `*`',
  schema: { type: 'string' },
};

function queryParameters(it: Endpoint): object[] {
  if (it.query === undefined) return [];
  const schema = toSchema(it.query, 'input') as { properties: Record<string, object>; required?: string[] };
  return Object.entries(schema.properties).map(([name, property]) => ({
    in: 'query',
    name,
    required: schema.required?.includes(name) ?? false,
    schema: property,
  }));
}

const successResponse = (it: Endpoint): object => ({
  description: 'Done',
  content: {
    'application/json': {
      schema: toSchema(Success(it.answer), 'output'),
      example: { resultType: 'SUCCESS', data: it.example, exception: null },
    },
  },
});

const eventResponses = (it: Endpoint, events: Record<string, string>): Record<string, object> => ({
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
              contentSchema: toSchema(it.answer, 'output'),
            },
          },
        },
        example: `event: ${Object.keys(events)[0] ?? ''}\ndata: ${JSON.stringify(it.example)}\n\n`,
      },
    },
  },
  '204': { description: 'Last-Event-ID says that the last event has been received' },
});

const AUTHENTICATE = {
  'WWW-Authenticate': { description: 'How to authenticate', schema: { type: 'string', const: CHALLENGE } },
};

/** Every code with an example, grouped by HTTP status. */
function failureResponses(it: Endpoint): Record<string, object> {
  const responses: Record<
    string,
    {
      description: string;
      headers?: object;
      content: { 'application/json': { schema: object; examples: Record<string, object> } };
    }
  > = {};
  for (const [code, when] of Object.entries(allErrors(it))) {
    const status = String(STATUS[code] ?? Number(code));
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

/** What follows from access, input and keys, then the endpoint's own. */
function allErrors(it: Endpoint): Record<string, string> {
  return {
    ...(it.body || it.query || it.idempotent || it.access === 'ticket'
      ? { '400': 'Bad input: the message names each bad field' }
      : {}),
    ...(it.access === 'public' ? {} : { '401': 'The token is missing, malformed or forged' }),
    ...(it.access === 'inside'
      ? { '001': 'The token never came through the queue', '003': 'The token is not in PROGRESS' }
      : {}),
    ...(it.body ? { '413': 'The body is too large', '415': 'The body is not JSON' } : {}),
    ...(it.idempotent
      ? {
          '409': 'A request with this Idempotency-Key is under way',
          '422': 'The key was used with another request',
        }
      : {}),
    ...(it.rateLimited ? { '429': 'Too many requests from this address' } : {}),
    ...(isPerUser(it) ? { '429': 'Too many requests from this visitor at once' } : {}),
    '500': 'Something went wrong on our side',
    '503': 'A dependency is down or its breaker is open: see Retry-After',
    ...it.errors,
  };
}
