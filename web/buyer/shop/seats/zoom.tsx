import { h, type VNode } from '../../kernel';
import { shopTexts } from '../texts';
import { larger, smaller } from './pinch';

/** Buttons for what two fingers do. */
export function Zoom(): VNode {
  const { seats } = shopTexts.value;
  return (
    <span class="zoom">
      <button type="button" onClick={smaller} aria-label={seats.zoomOut}>
        −
      </button>
      <button type="button" onClick={larger} aria-label={seats.zoomIn}>
        +
      </button>
    </span>
  );
}
