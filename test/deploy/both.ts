import { PythonError } from './python.ts'

/**
 * Waits until both have ended, so that nothing goes on in the background, and gives both results. If both fail, the
 * error that is not Python's comes first.
 */
export async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const errors: unknown[] = (await Promise.allSettled([a, b])).flatMap((end) =>
    end.status === 'rejected' ? [end.reason as unknown] : [],
  )
  if (errors.length > 0) throw errors.find((error) => !(error instanceof PythonError)) ?? errors[0]
  return await Promise.all([a, b])
}
