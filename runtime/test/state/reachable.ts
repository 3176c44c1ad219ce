/** Calls back for every object that can be reached from one, that one included; what is not to be entered says false. */
export const visitReachable = (root: object, visit: (object: object) => boolean): void => {
  const seen = new Set<unknown>([root]);
  const queue: object[] = [root];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (!visit(next)) continue;
    const values = next instanceof Map ? [...next.keys(), ...next.values()] : Object.values(next);
    for (const value of values) {
      if (typeof value !== 'object' || value === null || seen.has(value)) continue;
      seen.add(value);
      queue.push(value as object);
    }
  }
};

/** Bytes of all buffers that can be reached from an object: what no count of ours can get wrong. */
export const reachableBytes = (root: object): number => {
  const buffers = new Set<ArrayBufferLike>();
  visitReachable(root, (object) => {
    if (ArrayBuffer.isView(object)) buffers.add(object.buffer);
    // The scratch of an encoder is no state.
    return !ArrayBuffer.isView(object) && object.constructor?.name !== 'EncodedKey';
  });
  return [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0);
};
