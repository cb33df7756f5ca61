import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Router } from 'express';
import { Failure } from '../envelope';
import { type Documentation, documentationOf, type Operation } from '../operation';
import { eventResponses, failureResponses, successResponse } from './responses';
import { toSchema } from './schema';

const { version } = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8')) as {
  version: string;
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
 * middleware says. Routes without an operation (probes, metrics, operators) are not in it. It is made when it is first
 * read: that takes a tenth of a start, and most processes never serve it.
 */
export function openApiDocument(routers: Router[], about: About = API): () => object {
  let made: object | undefined;
  return () => (made ??= describe(routers, about));
}

function describe(routers: Router[], about: About): object {
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
            required: !body.safeParse(undefined).success,
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
