/** Does `act` for each, one after the other: one that fails keeps none of the others back. @throws the first error, at the end */
export async function forAll<T>(items: Iterable<T>, act: (item: T) => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  for (const item of items)
    try {
      await act(item);
    } catch (error) {
      errors.push(error);
    }
  if (errors.length > 0) throw errors[0];
}
