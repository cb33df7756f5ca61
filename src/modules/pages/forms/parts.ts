import { type Html, html } from './html';
import type { FormTexts } from './texts';

export const FORMS = '/v1/forms';

/** The parts that all pages with a form share. */
export interface Page {
  texts: FormTexts;
  /** Path of the stylesheet. */
  style: string;
  proof: string;
  /** An Idempotency-Key for each form: one that is sent twice acts once. */
  newKey: () => string;
}

export const won = new Intl.NumberFormat('en');

/** @param refreshS when the browser is to ask again */
export function document({ texts, style }: Page, heading: string, body: Html[], refreshS?: number): string {
  const refresh =
    refreshS === undefined ? undefined : html`<meta http-equiv="refresh" content="${refreshS}" />`;
  return html`<!doctype html>
    <html lang="${texts.lang}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        ${refresh}
        <title>${heading} · ${texts.title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${style}" />
      </head>
      <body>
        <div id="app">
          <main class="card">
            <h1>${heading}</h1>
            ${body}
          </main>
        </div>
      </body>
    </html> `.text;
}

/** A form with one button. */
export function form(page: Page, to: string, button: string, fields: Html[] = [], isMain = false): Html {
  return html`<form method="post" action="${FORMS}/${to}">
    ${hidden('proof', page.proof)}${hidden('key', page.newKey())} ${fields}
    <p class="actions">
      <button type="submit" ${isMain ? html` class="primary"` : undefined}>${button}</button>
    </p>
  </form>`;
}

export const hidden = (name: string, value: number | string): Html =>
  html`<input type="hidden" name="${name}" value="${value}" />`;
export const paragraph = (text: string): Html => html`<p>${text}</p>`;
export const link = (to: string, text: string): Html => html`<p><a href="${FORMS}${to}">${text}</a></p>`;
