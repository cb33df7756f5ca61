import { signal, useSignal } from '../../kernel';

const [MIN, MAX, STEP] = [1, 4, 1.25];

interface Pinch {
  apply: (map: HTMLElement | null) => void;
  handlers: Record<
    'onPointerDown' | 'onPointerMove' | 'onPointerUp' | 'onPointerCancel',
    (event: PointerEvent) => void
  >;
}

const zoom = signal(1);

const set = (next: number): void => {
  zoom.value = Math.max(MIN, Math.min(MAX, next));
};

export const larger = (): void => set(zoom.peek() * STEP);
export const smaller = (): void => set(zoom.peek() / STEP);

/** Zoom by buttons and by two fingers: the map grows, and its frame scrolls. */
export function usePinch(): Pinch {
  const fingers = useSignal(new Map<number, { x: number; y: number }>());
  const start = useSignal({ distance: 0, zoom: 1 });
  const distance = (): number => {
    const [a, b] = [...fingers.peek().values()];
    return a === undefined || b === undefined ? 0 : Math.hypot(a.x - b.x, a.y - b.y);
  };
  const up = ({ pointerId }: PointerEvent): void => {
    fingers.peek().delete(pointerId);
  };
  const factor = zoom.value;
  return {
    apply: (map) => map?.style.setProperty('--zoom', String(factor)),
    handlers: {
      onPointerDown: ({ pointerId, clientX: x, clientY: y }) => {
        fingers.peek().set(pointerId, { x, y });
        start.value = { distance: distance(), zoom: zoom.peek() };
      },
      onPointerMove: ({ pointerId, clientX: x, clientY: y }) => {
        if (!fingers.peek().has(pointerId)) return;
        fingers.peek().set(pointerId, { x, y });
        const now = distance();
        if (now > 0 && start.peek().distance > 0) set((start.peek().zoom * now) / start.peek().distance);
      },
      onPointerUp: up,
      onPointerCancel: up,
    },
  };
}
