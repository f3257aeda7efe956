// A thread's mailbox: an Int32Array over shared memory, through which the main thread hands it calls of kernels, one at a time.
//   main     writes kernel and arguments, then the call's number to ASKED
//   either   takes the call: who is first to raise TAKEN to its number makes it. Main tries when it has done its own part, so it never
//            waits for a thread that sleeps still, or that gets no core because others use them all
//   thread   makes the call, then sets DONE to the number, or to its negative if the kernel threw
// Each waits for the other's number to change. It looks again and again for a while, because the next call mostly comes within
// microseconds and to be woken takes ten. Then it sleeps: so a thread without work takes no time of a core.

// Numbers that different threads write lie in different lines of the cache, 64 bytes apart.
export const ASKED = 0;
export const KERNEL = 1;
export const COUNT = 2;
export const TAKEN = 16;
export const DONE = 32;
/** Set by who sleeps until ASKED or DONE changes. It lies behind that number. */
export const SLEEPER = 48;
/** The arguments are float64, from this byte on. */
export const ARGUMENTS_AT = 512;
export const MAILBOX_BYTES = ARGUMENTS_AT + 8 * 24;

/** The ops at a network's end are too small to be cut: so long others may have nothing to do within a step. */
const SPIN_MS = 0.3;

/** Sets a number and wakes the other side if it sleeps. */
export function tell(mailbox: Int32Array, slot: number, value: number): void {
  Atomics.store(mailbox, slot, value);
  if (Atomics.load(mailbox, slot + SLEEPER) === 1) Atomics.notify(mailbox, slot);
}

/** The number of the last call before they begin again with 1: 32 bits would overflow after some days. */
const LAST = 2 ** 30;

/** The number of the call after this one. Main asks for it only when this one is made, whoever took it. */
export function nextCall(mailbox: Int32Array, call: number): number {
  if (call < LAST) return call + 1;
  Atomics.store(mailbox, TAKEN, 0);
  return 1;
}

/**
 * True for the first who takes this call. A thread that saw the number, then got no core for a while, and comes when later calls are
 * asked for or taken, gets false.
 */
export const take = (mailbox: Int32Array, call: number): boolean =>
  Atomics.compareExchange(mailbox, TAKEN, call - 1, call) === call - 1;

/**
 * Waits until a number isn't `old` any more.
 *
 * @param sleeps how often it sleeps for at most `ms`
 * @returns the new number, or `old` after the last sleep
 */
export function awaitChange(
  mailbox: Int32Array,
  slot: number,
  old: number,
  sleeps = 1,
  ms = Infinity,
): number {
  for (const end = performance.now() + SPIN_MS; performance.now() < end; ) {
    for (let i = 0; i < 200; i++) {
      const value = Atomics.load(mailbox, slot);
      if (value !== old) return value;
    }
  }
  Atomics.store(mailbox, slot + SLEEPER, 1);
  for (let i = 0; i < sleeps && Atomics.wait(mailbox, slot, old, ms) === 'timed-out'; i++);
  Atomics.store(mailbox, slot + SLEEPER, 0);
  return Atomics.load(mailbox, slot);
}
