/**
 * Which of two resource versions is the later one. They are numbers without a sign, of any length, that grow with every write to the
 * server's store: Kubernetes promises so since 1.35, and has kept to it before.
 */
export const compareVersions = (one: string, other: string): number => {
  if (one.length !== other.length) return one.length - other.length;
  if (one === other) return 0;
  return one < other ? -1 : 1;
};
