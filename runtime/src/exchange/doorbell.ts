const sleepingWord = 0;
const bellWord = 1;
/** A cache line a doorbell, so that ringing one does not disturb another. */
const wordsPerBell = 16;

/** Shared memory for the doorbells of so many slots. */
export const allocateDoorbells = (slots: number): SharedArrayBuffer =>
  new SharedArrayBuffer(slots * wordsPerBell * 4);

const wordsOf = (buffer: SharedArrayBuffer, slot: number): Int32Array =>
  new Int32Array(buffer, slot * wordsPerBell * 4, wordsPerBell);

/** Wakes a slot on another thread if it sleeps; costs one load when it does not. */
export class DoorbellButton {
  private readonly words: Int32Array;

  constructor(buffer: SharedArrayBuffer, slot: number) {
    this.words = wordsOf(buffer, slot);
  }

  /** Rings after something was published for the slot. */
  press(): void {
    if (Atomics.load(this.words, sleepingWord) === 0) return;
    if (Atomics.exchange(this.words, sleepingWord, 0) === 0) return;
    Atomics.add(this.words, bellWord, 1);
    Atomics.notify(this.words, bellWord);
  }
}

/**
 * A slot's own doorbell. To sleep, the slot says so first and looks once more for work afterwards: whoever publishes later
 * sees that it sleeps, so no wake-up is lost. Waiting never blocks the thread (`Atomics.waitAsync`).
 */
export class Doorbell {
  private readonly words: Int32Array;
  private waiting = false;

  constructor(buffer: SharedArrayBuffer, slot: number) {
    this.words = wordsOf(buffer, slot);
  }

  /** Goes to sleep unless `hasWork` finds something; `onRing` is called once, when there may be work again. */
  sleep(hasWork: () => boolean, onRing: () => void): void {
    if (this.waiting) return;
    const bell = Atomics.load(this.words, bellWord);
    Atomics.store(this.words, sleepingWord, 1);
    if (hasWork()) {
      Atomics.store(this.words, sleepingWord, 0);
      return onRing();
    }
    const wait = Atomics.waitAsync(this.words, bellWord, bell);
    if (!wait.async) return onRing();
    this.waiting = true;
    void wait.value.then(() => {
      this.waiting = false;
      onRing();
    });
  }
}
