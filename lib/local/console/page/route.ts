import { isCallFilter } from './words.ts'
import type { CallFilter } from './words.ts'

/** The part of the page that is open. It is in the address, which never holds anything of a person. */
export type Route =
  | { view: 'calls'; call?: number | 'latest'; filter: CallFilter }
  | { view: 'waiting' }
  | { view: 'audiences'; audience?: string; from: number }
  | { view: 'dead-letters' }
  | { view: 'faults' }
  | { view: 'editor' }
  | { view: 'settings' }

const PLAIN_VIEWS = ['waiting', 'dead-letters', 'faults', 'editor', 'settings'] as const

/** The route of an address's hash, such as `#/calls/12?show=failed`. An unknown one is the list of calls. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [view, id] = path.split('/').map(decoded)
  const parameters = new URLSearchParams(query)
  const plain = PLAIN_VIEWS.find((each) => each === view)
  if (plain) return { view: plain }
  if (view === 'audiences') {
    const from = Number(parameters.get('from'))
    return { view, from: Number.isSafeInteger(from) && from > 0 ? from : 0, ...(id && { audience: id }) }
  }
  const show = parameters.get('show') ?? 'all'
  const call = id === 'latest' ? id : Number(id)
  return {
    view: 'calls',
    filter: isCallFilter(show) ? show : 'all',
    ...((call === 'latest' || (Number.isSafeInteger(call) && call > 0)) && { call }),
  }
}

/** The hash of a route. */
export function hashOf(route: Route): string {
  if (route.view === 'calls') {
    const id = route.call === undefined ? '' : `/${route.call}`
    return `#/calls${id}${route.filter === 'all' ? '' : `?show=${route.filter}`}`
  }
  if (route.view === 'audiences') {
    const id = route.audience === undefined ? '' : `/${encodeURIComponent(route.audience)}`
    return `#/audiences${id}${route.from > 0 ? `?from=${route.from}` : ''}`
  }
  return `#/${route.view}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
