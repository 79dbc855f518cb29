import { FAULT_NAMES } from '../../lib/local/graph-api/faults.ts'
import type { FaultName } from '../../lib/local/graph-api/faults.ts'
import type { Killer } from './consumers.ts'
import { sha256 } from './model.ts'
import type { Service } from './service.ts'
import { POISONED } from './traffic.ts'
import { until } from './until.ts'

/** Struck at random, in all some tenth of the requests: what may pass when it is repeated, before or after its effect. */
const AT_RANDOM: readonly FaultName[] = [
  ...(['unknown-error', 'service-unavailable', 'transient-400', 'error-in-200', 'update-failed'] as const),
  ...(['html-500', 'empty-502', 'empty-200', 'garbage-json', 'truncated-body'] as const),
  ...(['reset-before-applying', 'reset-after-applying', 'html-413', 'unknown-error-99'] as const),
]

/** These make their rows wait for an hour (36 s here), so they come first, and once. */
const LONG_WAITS: readonly FaultName[] = ['policy-blocked', 'audience-too-small']

/** After these the process, or everything that it does for the destination, waits for a minute or, scaled, as long. */
const LONG_STOPS: readonly FaultName[] = ['hang', 'policy-blocked']

/** Faults by which Meta refuses rows for good, and the reasons of their dead letters. */
export const REFUSALS = { 'invalid-parameter': 'graph_100', 'data-source-conflict': 'graph_2650' } as const

/** All reasons that the faults may cause: those, and of single rows that Meta seems to choke on. */
export const REASONS: readonly string[] = [
  ...Object.values(REFUSALS),
  ...['http_400', 'http_413', 'graph_1_99', 'timeout'],
]

const FAULTS_AT_ONCE = 3
/** A fault that pauses a destination does so in one process. When all of them are paused, only their end helps. */
const PATIENCE_MS = 4_000

/** Faults that strike until they are cleared: at random, and each request that names the poisoned person. */
export async function planLastingFaults({ emulator }: Service, random: () => number): Promise<void> {
  await emulator('POST', '/faults', { fault: 'poison', identifier: sha256(POISONED.EMAIL ?? '') })
  for (const fault of AT_RANDOM)
    await emulator('POST', '/faults', { fault, probability: 0.008, seed: Math.floor(random() * 2 ** 31) })
}

/** Has every fault strike once, and goes on with most of them for as long as asked. Answers how many have struck. */
export async function strikeWithEveryFault(service: Service, killer: Killer, goOn: () => boolean): Promise<number> {
  const first = [...LONG_WAITS, ...FAULT_NAMES.filter((name) => !LONG_WAITS.includes(name))]
  const further = first.filter((name) => !LONG_WAITS.includes(name))
  let struck = 0
  const strike = async (fault: FaultName) => {
    await planFault(service, fault)
    const isLong = LONG_STOPS.includes(fault)
    await untilFewWait(service, killer, isLong ? 0 : FAULTS_AT_ONCE - 1)
    if (isLong) await killer.killAll()
    struck += 1
  }
  for (const fault of first) await strike(fault)
  for (let next = 0; goOn(); next += 1) await strike(further[next % further.length] ?? 'unknown-error')
  await untilFewWait(service, killer, 0)
  return struck
}

/** Plans a fault for the next request. */
export async function planFault({ emulator }: Service, fault: FaultName): Promise<void> {
  await emulator('POST', '/faults', { fault })
}

/** Names of faults that were planned for one request and have not struck yet. */
export async function waitingFaults({ emulator }: Service): Promise<string[]> {
  const { faults } = await emulator<{ faults: { fault: string; times: number | null }[] }>('GET', '/faults')
  return faults.flatMap(({ fault, times }) => (times === null ? [] : [fault]))
}

async function untilFewWait(service: Service, killer: Killer, most: number): Promise<void> {
  let lastStruckAt = Date.now()
  let waited = Infinity
  await until('a planned fault strikes', async () => {
    const waiting = (await waitingFaults(service)).length
    if (waiting < waited) lastStruckAt = Date.now()
    waited = waiting
    if (Date.now() - lastStruckAt > PATIENCE_MS) {
      await killer.killAll()
      lastStruckAt = Date.now()
    }
    return waiting <= most
  })
}
