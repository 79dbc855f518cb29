import { readFileSync } from 'node:fs'
import { audienceIds } from './audience-ids.ts'
import { startGraphApi } from './server.ts'

// Nothing may survive the terminal or the test that started it; a lost parent shows as another parent id. Read first of all,
// because the parent may be gone as soon as it has seen the address.
const parent = process.ppid
const { GRAPH_PORT = '3001', DESTINATIONS, ACCESS_TOKEN = 'local-access-token', APP_SECRET } = process.env
const destinationsFile = DESTINATIONS ?? new URL('../../../cdk/destinations.json', import.meta.url)

try {
  if (!/^\d{1,5}$/.test(GRAPH_PORT)) throw new Error(`GRAPH_PORT must be a port number, not "${GRAPH_PORT}"`)
  const graph = await startGraphApi({
    port: Number(GRAPH_PORT),
    audiences: audienceIds(JSON.parse(readFileSync(destinationsFile, 'utf8'))),
    accessTokens: [ACCESS_TOKEN],
    appSecret: APP_SECRET,
  })
  console.log(`graph ${graph.url}`)

  const end = () => {
    void graph.close().then(() => process.exit(0))
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
  setInterval(() => {
    if (process.ppid !== parent) end()
  }, 1000).unref()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
