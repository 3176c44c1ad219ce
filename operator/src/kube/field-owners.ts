/** Who has set which fields of an object, as the server keeps it. */
export interface FieldOwner {
  readonly manager?: string | undefined;
  readonly operation?: string | undefined;
  readonly subresource?: string | undefined;
}

const isWholeOf = ({ manager, subresource }: FieldOwner, name: string): boolean =>
  manager === name && subresource === undefined;

/**
 * The owners of an object that was created by POST and is applied from now on. To the server these are two owners, although they have one
 * name: what the first has set would stay for ever when it is not applied any more. So the first one's fields become the second's, of whom
 * what is applied next takes away all that is not wanted. undefined = there is nothing to change.
 */
export const ownersForApply = (
  owners: readonly FieldOwner[] | undefined,
  name: string,
): readonly FieldOwner[] | undefined => {
  const created = owners?.find((owner) => isWholeOf(owner, name) && owner.operation === 'Update');
  if (owners === undefined || created === undefined) return undefined;
  return [...owners.filter((owner) => !isWholeOf(owner, name)), { ...created, operation: 'Apply' }];
};
