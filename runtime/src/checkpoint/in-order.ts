/** Starts an action for each item, at most `ahead` of them at once, and gives the results in the order of the items. */
export const inOrder = async function* <T, R>(
  items: Iterable<T>,
  ahead: number,
  action: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const started: Promise<R>[] = [];
  for (const item of items) {
    const result = action(item);
    // Whoever stops early, because of another failure say, never looks at it.
    result.catch(() => {});
    started.push(result);
    if (started.length >= ahead) yield await (started.shift() as Promise<R>);
  }
  for (const result of started) yield await result;
};
