/** A value that is shown in several places, all of which follow it. */
export interface Value<T> {
  get(): T;
  set(value: T): void;
  /** Calls `follow` now and whenever the value changes; at most once a frame. */
  follow(follow: (value: T) => void): void;
}

export function createValue<T>(initial: T): Value<T> {
  let current = initial;
  let scheduled = false;
  const followers: ((value: T) => void)[] = [];
  const tell = () => {
    scheduled = false;
    for (const follow of followers) follow(current);
  };
  return {
    get: () => current,
    set(value) {
      if (Object.is(value, current)) return;
      current = value;
      if (scheduled) return;
      scheduled = true;
      requestAnimationFrame(tell);
    },
    follow(follow) {
      followers.push(follow);
      follow(current);
    },
  };
}
