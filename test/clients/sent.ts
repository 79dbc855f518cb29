/** Waits for the callback that a client calls when it has sent something, or has given up; rejects with its error. */
export function sent(send: (callback: (error?: unknown) => void) => unknown): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  send((error) => (error ? reject(error) : resolve(undefined)))
  return promise
}
