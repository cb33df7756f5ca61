import type { Page } from 'playwright-core';

const WIDTHS = [360, 768, 1280];

/**
 * What does not fit: a page wider than its window, a control that is too small (WCAG 2.2, 2.5.8), cut off, out of the window or
 * under another one. As text, because pages know names that this program does not.
 */
const FAULTS = `(() => {
  const faults = [];
  const root = document.documentElement;
  const nameOf = (e) => e.tagName + ' ' + (e.getAttribute('aria-label') ?? e.textContent ?? '').trim().slice(0, 30);
  if (root.scrollWidth > root.clientWidth) faults.push('wider than the window by ' + (root.scrollWidth - root.clientWidth));
  const selector = 'button, input:not([type=hidden]), select, summary, [role=gridcell]';
  const boxes = [...document.querySelectorAll(selector)]
    .map((e) => ({ e, box: e.getBoundingClientRect(), scrolls: e.closest('.scroller, .checkout') !== null }))
    .filter(({ box }) => box.width > 0);
  for (const { e, box, scrolls } of boxes) {
    if (box.width < 24 || box.height < 24) faults.push('small: ' + nameOf(e));
    if (!scrolls && (box.left < 0 || box.right > root.clientWidth)) faults.push('outside: ' + nameOf(e));
    if (e.scrollWidth > e.clientWidth + 1) faults.push('cut off: ' + nameOf(e));
  }
  const still = boxes.filter(({ scrolls }) => !scrolls);
  for (const [i, { e, box }] of still.entries())
    for (const other of still.slice(i + 1)) {
      const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
      const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
      if (across > 1 && down > 1) faults.push(nameOf(e) + ' lies over ' + nameOf(other.e));
    }
  return faults;
})()`;

/** What looks the same as something else where the user's colours replace those of the page. */
const SAME_LOOK = `(() => {
  const look = (selector) => {
    const found = document.querySelector(selector);
    if (found === null) return undefined;
    const { color, backgroundColor, borderTopColor, borderTopStyle } = getComputedStyle(found);
    const mark = getComputedStyle(found, '::before').content;
    return [color, backgroundColor, borderTopColor, borderTopStyle, mark].join(' ');
  };
  const pairs = [['main button.primary', 'body'], ['.chosen', '[role=gridcell].free:not(.chosen)'], ['.held', '.free'], ['.taken', '.free']];
  return pairs.flatMap(([one, other]) => {
    const [a, b] = [look(one), look(other)];
    return a !== undefined && a === b ? [one + ' looks like ' + other] : [];
  });
})()`;

/** Faults of the layout at each width, and with forced colours; the page is left as it was. */
export async function layoutFaults(page: Page): Promise<string[]> {
  const before = page.viewportSize();
  const faults: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    faults.push(...(await page.evaluate<string[]>(FAULTS)).map((fault) => `at ${width}: ${fault}`));
  }
  await page.emulateMedia({ forcedColors: 'active' });
  faults.push(...(await page.evaluate<string[]>(SAME_LOOK)));
  await page.emulateMedia({ forcedColors: 'none' });
  if (before !== null) await page.setViewportSize(before);
  return faults;
}
