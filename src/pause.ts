// A pause between two pieces of work.

/**
 * Lets the event loop run: timers, signals and the page's drawing.
 *
 * @throws the signal's reason, once it is aborted
 */
export async function pause(signal?: AbortSignal): Promise<void> {
  await new Promise<void>(resolve => nextTask(resolve));
  signal?.throwIfAborted();
}

/** A browser's setTimeout waits 4 ms, longer than a step takes. A message through a channel has no delay. */
const nextTask: (work: () => void) => void =
  typeof setImmediate === 'function' ? setImmediate : messageTasks();

function messageTasks(): (work: () => void) => void {
  const {port1, port2} = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()!();
  return work => {
    waiting.push(work);
    port2.postMessage(0);
  };
}
