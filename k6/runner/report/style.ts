import { lineColours } from '../plots/plot.ts';

const LIGHT = '--page:#fff;--text:#222;--soft:#555;--rule:#ddd;--grid:#e4e4e4;--limit:#c00;--c6:#000';
const DARK =
  '--page:#14171a;--text:#e6e6e6;--soft:#a8adb3;--rule:#3a4046;--grid:#2c3238;--limit:#ff6b6b;--c6:#fff';

/** Of a report: no font, picture or script comes from elsewhere. */
export const STYLE = `:root{color-scheme:light dark;${LIGHT}}@media(prefers-color-scheme:dark){:root{${DARK}}}
body{font:15px/1.5 system-ui,sans-serif;background:var(--page);color:var(--text);max-width:1440px;margin:2rem auto;padding:0 1rem}
.wide{overflow-x:auto}table{border-collapse:collapse}td,th{padding:.25rem .75rem;border-bottom:1px solid var(--rule);text-align:right;vertical-align:top}td:first-child,th:first-child{text-align:left}
.verdict{font-size:1.15rem;font-weight:600}.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(560px,100%),1fr));gap:1.5rem}
figure{margin:0;position:relative}figcaption{font-weight:600}svg{width:100%;height:auto;display:block}
svg text{font:11px system-ui,sans-serif;fill:var(--soft)}.grid{stroke:var(--grid)}.line{fill:none;stroke-width:1.5}.limit{stroke:var(--limit);stroke-dasharray:4 3}
.cursor{stroke:var(--soft);visibility:hidden}
figure output{position:absolute;top:1.9rem;pointer-events:none;background:var(--page);border:1px solid var(--rule);border-radius:4px;padding:.2rem .5rem;font-size:12px;line-height:1.4;white-space:pre;font-variant-numeric:tabular-nums}figure output:empty{display:none}
.calibration{max-width:26rem;margin:1rem 0}.calibration output{left:6rem;top:3.5rem}.mark{fill:var(--page);fill-opacity:.6;stroke-width:2}.mark.chosen{stroke-width:4}
${lineColours('var(--c6)')}`;
