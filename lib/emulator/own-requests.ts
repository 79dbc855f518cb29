import type { IncomingHttpHeaders } from 'node:http'

const OWN_HOSTS = ['localhost', '127.0.0.1', '[::1]']

/**
 * Why an endpoint that is meant for this machine alone refuses a request; undefined when it takes it. A website of
 * another origin sends an `Origin`, and one whose name was pointed at this machine (DNS rebinding) sends its own `Host`.
 * Images and scripts come without an `Origin`; browsers say in `Sec-Fetch-Site` who asks for them. A link from elsewhere
 * may open a page (`opensPage`).
 */
export function foreignReason(headers: IncomingHttpHeaders, port: number, opensPage = false): string | undefined {
  const { host, origin, 'sec-fetch-site': site } = headers
  const hosts = OWN_HOSTS.flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])])
  if (!hosts.includes(host?.toLowerCase() ?? ''))
    return `Host is ${JSON.stringify(host ?? '')}, and must be one of ${hosts.join(', ')}`
  if (origin === undefined && !opensPage && (site === 'cross-site' || site === 'same-site'))
    return `Sec-Fetch-Site is ${JSON.stringify(site)}: pages of other addresses may not use this one`
  if (origin === undefined || hosts.some((own) => origin === `http://${own}`)) return undefined
  return `Origin is ${JSON.stringify(origin)}: pages of other addresses may not use this one; leave the header out`
}

/** Whether a request is for a page that a person reads. Programs say that they take anything, or JSON. */
export function wantsPage({ method, headers }: { method?: string | undefined; headers: IncomingHttpHeaders }): boolean {
  return method === 'GET' && /(?:^|,)\s*text\/html\b/i.test(headers.accept ?? '')
}
