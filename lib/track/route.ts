/** What a path asks for. `single` carries the call type of the path, `settings` the write key in it. */
export type Route =
  | { kind: 'batch' }
  | { kind: 'single'; type: string }
  | { kind: 'webhook' }
  | { kind: 'erase' | 'unerase' | 'erased' | 'erasures' }
  | { kind: 'ignored' }
  | { kind: 'preflight' }
  | { kind: 'health' }
  | { kind: 'settings'; writeKey: string }
  /** `use`: the path exists, but only for this method. `meant`: the path of erasures that was probably meant. */
  | { kind: 'not_found'; use?: 'GET' | 'POST'; meant?: string }

const CALL_TYPES: Readonly<Record<string, string>> = {
  t: 'track',
  i: 'identify',
  p: 'page',
  s: 'screen',
  g: 'group',
  a: 'alias',
}
const LONG_TYPES = 'track|identify|page|screen|group|alias|merge|audiencelist|record'

/** An erasure that reaches no path must not look like one. */
const MEANT: readonly (readonly [end: string, path: string])[] = [
  ['/unerase', '/v1/unerase'],
  ['/unsuppress', '/v1/unerase'],
  ['/erasures', '/v1/erasures'],
  ['/erased', '/v1/erased'],
  ['/erase', '/v1/erase'],
  ['/delete', '/v1/erase'],
  ['/suppress', '/v1/erase'],
  ['/regulations', '/v1/erase'],
]
const LONGEST_END = 20

const BATCH = /\/(?:v1\/(?:batch|import|b)|batch|b)$/
const SINGLE = new RegExp(`/v1/(${LONG_TYPES}|[tipsga])$`)
const JITSU = new RegExp(`/api/s/(${LONG_TYPES})$`)
const SDK_METRICS = /\/(?:v1\/m|rsaMetrics)$/
const SETTINGS = /\/(?:projects\/([^/]+)\/settings|sourceConfig)$/

/**
 * The route of a request, by the end of its path, so that a stage, a custom domain's base path or a proxy's prefix
 * never matters. Unknown paths are `not_found`, never a redirect: SDKs follow a redirect with an empty GET and call it
 * success.
 */
export function matchRoute(method: string, path: string): Route {
  if (method === 'OPTIONS') return { kind: 'preflight' }
  const trimmed = withoutTrailingSlashes(path)
  if (method === 'GET' && trimmed.endsWith('/health')) return { kind: 'health' }
  if (trimmed.endsWith('/v1/erasures'))
    return method === 'GET' ? { kind: 'erasures' } : { kind: 'not_found', use: 'GET' }
  const settings = method === 'GET' ? SETTINGS.exec(trimmed) : null
  if (settings) return { kind: 'settings', writeKey: settings[1] ?? '' }
  const route = matchPost(trimmed)
  const isTaken = method === 'POST' || (route.kind === 'webhook' && (method === 'PUT' || method === 'PATCH'))
  if (isTaken || route.kind === 'not_found') return route
  return { kind: 'not_found', use: 'POST' }
}

function matchPost(trimmed: string): Route {
  if (trimmed.endsWith('/v1/webhook')) return { kind: 'webhook' }
  if (trimmed.endsWith('/v1/erase')) return { kind: 'erase' }
  if (trimmed.endsWith('/v1/unerase')) return { kind: 'unerase' }
  if (trimmed.endsWith('/v1/erased')) return { kind: 'erased' }
  if (BATCH.test(trimmed)) return { kind: 'batch' }
  if (SDK_METRICS.test(trimmed)) return { kind: 'ignored' }
  const type = (SINGLE.exec(trimmed) ?? JITSU.exec(trimmed))?.[1]
  const meant = MEANT.find(([end]) => trimmed.slice(-LONGEST_END).toLowerCase().endsWith(end))?.[1]
  if (type === undefined) return { kind: 'not_found', ...(meant !== undefined && { meant }) }
  return { kind: 'single', type: CALL_TYPES[type] ?? type }
}

// Not a regular expression: that would take quadratic time for a long row of slashes.
function withoutTrailingSlashes(path: string): string {
  let end = path.length
  while (path[end - 1] === '/') end -= 1
  return path.slice(0, end)
}
