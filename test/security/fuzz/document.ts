import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';

export type Schema = boolean | { [keyword: string]: unknown; properties?: Record<string, Schema> };

interface Content {
  schema: Schema;
  examples?: Record<string, object>;
}

export interface Operation {
  method: string;
  path: string;
  parameters: { in: string; name: string; schema: Schema }[];
  body: Schema | undefined;
  responses: Record<string, { content?: Record<string, Content> }>;
}

interface Document {
  paths: Record<
    string,
    Record<
      string,
      Pick<Operation, 'parameters' | 'responses'> & { requestBody?: { content: Record<string, Content> } }
    >
  >;
}

export interface Answer {
  status: number;
  type: string;
  text: string;
}

/** The API document, as what answers are held against. */
export class ApiDocument {
  private readonly ajv = new Ajv2020({ strict: false, formats: { 'date-time': true, base64: true } });
  private readonly validators = new Map<string, ValidateFunction>();
  readonly operations: Operation[];

  constructor(document: Document) {
    this.ajv.addSchema({ ...document, $id: 'api' });
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters, responses, requestBody }]) => ({
        method: method.toUpperCase(),
        path,
        parameters,
        responses,
        body: requestBody?.content['application/json']?.schema,
      })),
    );
  }

  /** What the document says against the answer; undefined: nothing. */
  objection({ method, path, responses }: Operation, answer: Answer): string | undefined {
    const { status, type, text } = answer;
    if (status >= 500) return `${status}: ${text}`;
    const response = responses[String(status)];
    if (response === undefined) return `${status} is not documented: ${text}`;
    if (response.content === undefined)
      return text === '' ? undefined : `a body where there is none: ${text}`;
    const content = response.content[type];
    if (content === undefined) return `${status} as "${type}" is not documented`;
    const at = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema'];
    if (type === 'text/event-stream') {
      const event = firstEvent(text);
      const data: unknown = JSON.parse(event.data ?? 'null');
      return this.mismatch(at, event) ?? this.mismatch([...at, 'properties', 'data', 'contentSchema'], data);
    }
    if (type !== 'application/json') return this.mismatch(at, text);
    const body: unknown = JSON.parse(text);
    const code = (body as { exception?: { code: string } | null }).exception?.code;
    if (code !== undefined && content.examples?.[code] === undefined)
      return `the code ${code} is not documented for ${status}: ${text}`;
    return this.mismatch(at, body);
  }

  private mismatch(at: string[], value: unknown): string | undefined {
    const pointer = at
      .map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/');
    const validate = this.validators.get(pointer) ?? this.ajv.compile({ $ref: `api#/${pointer}` });
    this.validators.set(pointer, validate);
    return validate(value) ? undefined : `${this.ajv.errorsText(validate.errors)}: ${JSON.stringify(value)}`;
  }
}

/** Of a stream of events: field by field, as text. */
function firstEvent(text: string): Record<string, string> {
  const fields = [...text.matchAll(/^(event|id|data): (.*)$/gm)].slice(0, 3);
  return Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value]));
}
