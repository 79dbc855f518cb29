import { FAULT_NAMES } from '../../lib/emulator/meta/faults.ts'
import type { FaultName } from '../../lib/emulator/meta/faults.ts'
import { THROTTLED } from './audiences.ts'
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

/** These make their rows, or all of the destination, wait for an hour (36 s here), so they come first, and once. */
const LONG_WAITS: readonly FaultName[] = ['policy-blocked', 'audience-too-small']

/** Faults by which Meta refuses rows for good, and the reasons of their dead letters. */
export const REFUSALS = { 'data-source-conflict': 'graph_2650' } as const

/** All reasons that the faults may cause: those, and of single rows that Meta seems to choke on, or that came alone. */
export const REASONS: readonly string[] = [
  ...Object.values(REFUSALS),
  ...['http_400', 'http_413', 'graph_1_99', 'graph_100'],
]

const FAULTS_AT_ONCE = 3

/** So many answers of Meta are needed until the account of one audience is no longer throttled, a process every 3 s. */
const THROTTLED_TIMES = 20

/** Faults that strike until they are cleared: at random, and each request that names the poisoned person; and a throttled account. */
export async function planLastingFaults({ emulator }: Service, random: () => number): Promise<void> {
  await emulator('POST', '/faults', { fault: 'poison', identifier: sha256(POISONED.EMAIL ?? '') })
  await emulator('POST', '/faults', { fault: 'rate-limit-80003', audience: THROTTLED, times: THROTTLED_TIMES })
  for (const fault of AT_RANDOM)
    await emulator('POST', '/faults', { fault, probability: 0.008, seed: Math.floor(random() * 2 ** 31) })
}

/** Has every fault strike once, and goes on with most of them for as long as asked. Answers how many have struck. */
export async function strikeWithEveryFault(service: Service, goOn: () => boolean): Promise<number> {
  const first = [...LONG_WAITS, ...FAULT_NAMES.filter((name) => !LONG_WAITS.includes(name))]
  const further = first.filter((name) => !LONG_WAITS.includes(name))
  let struck = 0
  const strike = async (fault: FaultName) => {
    await planFault(service, fault)
    await untilFewWait(service, FAULTS_AT_ONCE - 1)
    struck += 1
  }
  for (const fault of first) await strike(fault)
  for (let next = 0; goOn(); next += 1) await strike(further[next % further.length] ?? 'unknown-error')
  await untilFewWait(service, 0)
  return struck
}

/** Plans a fault for the next request. */
export async function planFault({ emulator }: Service, fault: FaultName): Promise<void> {
  await emulator('POST', '/faults', { fault })
}

/** Names of faults that were planned for one request and have not struck yet. */
export async function waitingFaults({ emulator }: Service): Promise<string[]> {
  const { faults } = await emulator<{ faults: { fault: string; audience?: string; times: number | null }[] }>(
    'GET',
    '/faults',
  )
  return faults.flatMap(({ fault, audience, times }) => (times === null || audience !== undefined ? [] : [fault]))
}

async function untilFewWait(service: Service, most: number): Promise<void> {
  await until('a planned fault strikes', async () => (await waitingFaults(service)).length <= most)
}
