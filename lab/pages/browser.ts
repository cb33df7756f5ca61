import { type Browser, chromium } from 'playwright-core';

/** Without hinting, texts are as wide in Chromium without its windows as in Chromium with them. */
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'];

/** The browser that scripts/lib/tools has found. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '', args: ARGUMENTS });
