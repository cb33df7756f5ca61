import request, { type Response } from 'supertest';

export const FORMS = '/v1/forms';

/** A browser without JavaScript, as far as forms need one: it keeps cookies and follows redirections. */
export class FormBuyer {
  readonly cookies = new Map<string, string>();
  last: Response | undefined;

  constructor(private readonly url: string) {}

  async get(path: string): Promise<Response> {
    return this.keep(await request(this.url).get(path).set('Cookie', this.cookie));
  }

  /** Presses the button of the form that the last page has for `action`. */
  async submit(action: string, fields: object = {}, headers: Record<string, string> = {}): Promise<Response> {
    return this.post(action, { ...this.formOf(action), ...fields }, headers);
  }

  async post(action: string, fields: object, headers: Record<string, string> = {}): Promise<Response> {
    const sent = request(this.url).post(`${FORMS}/${action}`).type('form').set('Cookie', this.cookie);
    const answer = this.keep(await sent.set(headers).send(fields));
    return answer.status === 303 ? this.follow(answer) : answer;
  }

  /** The hidden fields of a form. */
  formOf(action: string): Record<string, string> {
    const text = this.last?.text ?? '';
    const form = text.split('<form').find((each) => each.includes(`action="${FORMS}/${action}"`)) ?? '';
    const fields = [...form.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)];
    return Object.fromEntries(fields.map(([, name, value]) => [name, value])) as Record<string, string>;
  }

  /** Goes on to later dates until the page has the concert. */
  async find(title: string): Promise<Response> {
    for (;;) {
      const text = this.last?.text ?? '';
      const [, later] = /href="([^"]*shop\?after=[^"]*)"/.exec(text) ?? [];
      if (text.includes(title) || later === undefined) break;
      await this.get(later);
    }
    return this.last ?? this.get(FORMS);
  }

  private get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  private async follow(answer: Response): Promise<Response> {
    const next = await this.get(answer.headers.location ?? '');
    return next.status === 303 ? this.follow(next) : next;
  }

  private keep(answer: Response): Response {
    for (const line of (answer.headers['set-cookie'] as unknown as string[] | undefined) ?? []) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
      if (/Max-Age=0/.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    this.last = answer;
    return answer;
  }
}
