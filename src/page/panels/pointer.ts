// Where a mouse, a pen or a finger goes on a canvas while it is held down there.
import type {Point} from '../strokes.ts';

/** What a pointer does, in the canvas's pixels. */
export interface Following {
  /** It is set down. */
  begin(at: Point): void;
  /** It went on, over these points. */
  go(points: Point[]): void;
}

/**
 * Follows one pointer at a time: while it is down, a second finger does nothing.
 * @returns lets go of the pointer that is down
 */
export function followPointer(canvas: HTMLCanvasElement, {begin, go}: Following): () => void {
  let followed: number | undefined;
  const letGo = () => {
    followed = undefined;
  };
  canvas.addEventListener('pointerdown', event => {
    if (event.button !== 0 || followed !== undefined) return;
    followed = event.pointerId;
    begin(placeOn(canvas, event));
    canvas.setPointerCapture(followed);
  });
  canvas.addEventListener('pointermove', event => {
    if (event.pointerId !== followed) return;
    // Another button of a mouse may still be down when the first one is lifted, which is no pointerup then.
    if (!(event.buttons & 1)) return letGo();
    // The list is empty in Firefox on Android and in Safari 18.2.
    const coalesced = event.getCoalescedEvents?.() ?? [];
    go((coalesced.length ? coalesced : [event]).map(each => placeOn(canvas, each)));
  });
  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture'] as const) {
    canvas.addEventListener(end, event => {
      if (event.pointerId === followed) letGo();
    });
  }
  return letGo;
}

/** By the window's coordinates: those by its target, a coalesced event may lack, and they ignore that the page is zoomed or scaled. */
function placeOn(canvas: HTMLCanvasElement, {clientX, clientY}: PointerEvent): Point {
  const box = canvas.getBoundingClientRect();
  // The box has the border, in the window's pixels; offset and client sizes are the element's own, without zoom and scale.
  const x = ((clientX - box.left) * canvas.offsetWidth) / box.width - canvas.clientLeft;
  const y = ((clientY - box.top) * canvas.offsetHeight) / box.height - canvas.clientTop;
  return {x: (x * canvas.width) / canvas.clientWidth, y: (y * canvas.height) / canvas.clientHeight};
}
