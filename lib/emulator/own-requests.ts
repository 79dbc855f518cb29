import type { IncomingHttpHeaders } from 'node:http'

const OWN_HOSTS = ['localhost', '127.0.0.1', '[::1]']

/**
 * Why an endpoint that is meant for this machine alone refuses a request; undefined when it takes it. A website of
 * another origin sends an `Origin`, and one whose name was pointed at this machine (DNS rebinding) sends its own `Host`.
 */
export function foreignReason({ host, origin }: IncomingHttpHeaders, port: number): string | undefined {
  const hosts = OWN_HOSTS.flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])])
  if (!hosts.includes(host?.toLowerCase() ?? ''))
    return `Host is ${JSON.stringify(host ?? '')}, and must be one of ${hosts.join(', ')}`
  if (origin === undefined || hosts.some((own) => origin === `http://${own}`)) return undefined
  return `Origin is ${JSON.stringify(origin)}: pages of other addresses may not use this one; leave the header out`
}
