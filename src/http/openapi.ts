import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Router } from 'express';
import { z } from 'zod';
import { Failure, Success } from './envelope';
import { CHALLENGE, statusOf } from './errors';
import { type Documentation, documentationOf, type Operation } from './operation';

const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as {
  version: string;
};

const toSchema = (schema: z.ZodType, io: 'input' | 'output'): unknown => {
  const made = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  delete made.$schema; // said once for the whole document
  return made;
};

interface About {
  title: string;
  description: string;
}

const API: About = {
  title: 'Concert reservation',
  description:
    'A fair waiting room joined to the whole ticket lifecycle: token → check until PROGRESS → charge → schedule → seat → reserve → payment. Times are written in the display zone; those named …At and …Until are ISO 8601 with their offset.',
};

/**
 * The API document, OpenAPI 3.1, made of the same schemas that check the requests, and of what each route's own
 * middleware says. Routes without an operation (probes, metrics, operators) are not in it.
 */
export function openApiDocument(routers: Router[], about: About = API): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { path, method, documentation } of routers.flatMap(documentedRoutes))
    paths[templateOf(path)] = {
      ...paths[templateOf(path)],
      [method]: describeOperation(documentation, path),
    };
  return {
    openapi: '3.1.0',
    info: {
      title: about.title,
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description: about.description,
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
        operatorKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'On the management port: an operator key, or MANAGEMENT_TOKEN',
        },
        eventTicket: { type: 'apiKey', in: 'query', name: 'ticket', description: 'Good for 60 s' },
      },
      schemas: { Failure: toSchema(Failure, 'output') },
    },
  };
}

const PARAMETER = /:(\w+)/g;

/** Express' `:id` is `{id}` in OpenAPI. */
const templateOf = (path: string): string => path.replace(PARAMETER, '{$1}');

const pathParameters = (path: string): object[] =>
  [...path.matchAll(PARAMETER)].map(([, name]) => ({
    in: 'path',
    name,
    required: true,
    schema: { type: 'string' },
  }));

type RouteDocumentation = Required<Documentation>;

interface DocumentedRoute {
  path: string;
  method: string;
  documentation: RouteDocumentation;
}

/** The routes of a router that end in an operation. */
function documentedRoutes({ stack }: Router): DocumentedRoute[] {
  return stack.flatMap(({ route }) => {
    if (route === undefined) return [];
    const all = route.stack.map(({ handle }) => documentationOf(handle) ?? {});
    const operation = all.find((each) => each.operation !== undefined)?.operation;
    const method = route.stack[0]?.method;
    if (operation === undefined || method === undefined) return [];
    const documentation = {
      operation,
      security: all.flatMap(({ security = [] }) => security),
      parameters: all.flatMap(({ parameters = [] }) => parameters),
      errors: Object.assign({}, ...all.map(({ errors }) => errors), OURS, operation.errors) as Record<
        string,
        string
      >,
    };
    return [{ path: route.path, method, documentation }];
  });
}

/** Codes of every operation. */
const OURS = {
  '500': 'Something went wrong on our side',
  '503': 'A dependency is down or its breaker is open: see Retry-After',
};

function describeOperation(
  { operation, security, parameters, errors }: RouteDocumentation,
  path: string,
): object {
  const { tag, summary, description, body, conditional, events } = operation;
  return {
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security,
    parameters: [
      ...pathParameters(path),
      ...queryParameters(operation),
      ...parameters,
      ...(conditional ? [ifNoneMatch] : []),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: toSchema(body, 'input') } },
          },
        }),
    responses: {
      ...(events === undefined ? successResponse(operation) : eventResponses(operation, events)),
      ...(conditional ? { '304': { description: 'The version in If-None-Match is still current' } } : {}),
      ...failureResponses(errors),
    },
  };
}

const ifNoneMatch = {
  in: 'header',
  name: 'If-None-Match',
  required: false,
  description: 'The ETag of a list that the client has, several, or `*`',
  schema: { type: 'string' },
};

function queryParameters({ query }: Operation): object[] {
  if (query === undefined) return [];
  const schema = toSchema(query, 'input') as { properties: Record<string, object>; required?: string[] };
  return Object.entries(schema.properties).map(([name, property]) => ({
    in: 'query',
    name,
    required: schema.required?.includes(name) ?? false,
    schema: property,
  }));
}

const successResponse = ({ answer, example, status, mediaType }: Operation): object =>
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

const eventResponses = (
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
function failureResponses(errors: Record<string, string>): Record<string, object> {
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
