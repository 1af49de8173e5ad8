/**
 * Lets a bounded number of things happen at once.
 * @param {number} most
 * @returns {{take: (signal?: AbortSignal) => Promise<() => void>}} take waits for a slot and gives what releases it
 */
export function slots(most) {
  let used = 0;
  const waiting = [];
  const release = () => {
    used--;
    waiting.shift()?.();
  };
  const take = (signal) => new Promise((resolve, reject) => {
    const enter = () => {
      signal?.removeEventListener('abort', leave);
      used++;
      resolve(once(release));
    };
    const leave = () => {
      const at = waiting.indexOf(enter);
      if (at >= 0) waiting.splice(at, 1);
      reject(signal.reason);
    };
    if (signal?.aborted) {
      reject(signal.reason);
    } else if (used < most) {
      enter();
    } else {
      signal?.addEventListener('abort', leave, { once: true });
      waiting.push(enter);
    }
  });
  return { take };
}

function once(f) {
  let done = false;
  return () => {
    if (!done) f();
    done = true;
  };
}
