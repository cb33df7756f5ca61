import { type ComponentChildren, h, type VNode } from 'preact';
import { errorText } from '../texts';

/** The title of a screen. A new screen takes the focus, so that a screen reader goes on where the page goes on. */
let hasFocused = false;
let shown = '';

export function Heading({ name, children }: { name: string; children: ComponentChildren }): VNode {
  const take = (heading: HTMLHeadingElement | null): void => {
    if (heading === null || shown === name) return;
    shown = name;
    if (hasFocused) heading.focus();
    hasFocused = true;
  };
  return (
    <h1 ref={take} tabIndex={-1} data-screen={name}>
      {children}
    </h1>
  );
}

/** A screen's frame: what it is about, and below it what can be done. */
export function Card({ children, wide = false }: { children: ComponentChildren; wide?: boolean }): VNode {
  return <section class={wide ? 'card wide' : 'card'}>{children}</section>;
}

/** A text that changes and is not at the left: another element each time, because the same one would have jumped. */
export function Changing({ children }: { children: string }): VNode {
  return <span key={children}>{children}</span>;
}

/** What went wrong, in words, read out at once. @param texts those of a part of the app that the first script lacks */
export function Problem({ code, texts }: { code: string; texts?: Partial<Record<string, string>> }): VNode {
  return (
    <p class="problem" role="alert">
      {code === '' ? '' : (texts?.[code] ?? errorText(code))}
    </p>
  );
}
