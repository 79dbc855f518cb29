/** What the stack answered, or why there is no answer, for a person to read. */
export type Answered<T> = { ok: true; value: T } | { ok: false; error: string }

/**
 * Asks the stack. The page comes from the same stack, so an answer has the shape that feed.ts and the routes say, and
 * the caller names it.
 */
export async function ask<T>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Answered<T>> {
  try {
    const response = await fetch(path, {
      method,
      ...(signal && { signal }),
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const text = await response.text()
    if (response.ok) return { ok: true, value: (text === '' ? undefined : JSON.parse(text)) as T }
    return { ok: false, error: errorIn(text) ?? `The stack answered ${response.status}.` }
  } catch {
    return { ok: false, error: 'The stack does not answer. Is npm start still running?' }
  }
}

function errorIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: unknown }
    return typeof error === 'string' ? error : undefined
  } catch {
    return undefined
  }
}
