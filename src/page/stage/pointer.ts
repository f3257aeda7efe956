// Follows a mouse, a pen or a finger that is held down on a canvas.
import type {Point} from './strokes.ts';

/**
 * Follows one pointer at a time: while it is down, a second finger does nothing.
 * @param begin called where a pointer is set down, in the canvas's pixels; returns a function for the points that it moves over
 * @returns a function that stops following the pointer that is down
 */
export function followPointer(
  canvas: HTMLCanvasElement,
  begin: (at: Point) => (points: Point[]) => void,
): () => void {
  let followed: number | undefined;
  let extend: (points: Point[]) => void;
  const release = () => {
    followed = undefined;
  };
  canvas.addEventListener('pointerdown', event => {
    if (event.button !== 0 || followed !== undefined) return;
    followed = event.pointerId;
    extend = begin(pointOn(canvas, event));
    canvas.setPointerCapture(followed);
  });
  canvas.addEventListener('pointermove', event => {
    if (event.pointerId !== followed) return;
    // While another button of the mouse is down, lifting the first one makes no pointerup.
    if (!(event.buttons & 1)) return release();
    // The list is empty in Firefox on Android and in Safari 18.2.
    const coalesced = event.getCoalescedEvents?.() ?? [];
    extend((coalesced.length ? coalesced : [event]).map(each => pointOn(canvas, each)));
  });
  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture'] as const) {
    canvas.addEventListener(end, event => {
      if (event.pointerId === followed) release();
    });
  }
  return release;
}

/** Uses the window's coordinates: a coalesced event may lack offsets from its target, and offsets ignore zoom and scale. */
function pointOn(canvas: HTMLCanvasElement, {clientX, clientY}: PointerEvent): Point {
  const box = canvas.getBoundingClientRect();
  // The box, border included, is in the window's pixels; offset and client sizes leave out zoom and scale.
  const x = ((clientX - box.left) * canvas.offsetWidth) / box.width - canvas.clientLeft;
  const y = ((clientY - box.top) * canvas.offsetHeight) / box.height - canvas.clientTop;
  return {x: (x * canvas.width) / canvas.clientWidth, y: (y * canvas.height) / canvas.clientHeight};
}
