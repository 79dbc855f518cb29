import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultName } from '../../lib/emulator/meta/faults.ts'
import { churnWhile } from './churn.ts'
import { createKiller } from './consumers.ts'
import { put, takeDeadLetters } from './dead-letters.ts'
import type { DeadLetter } from './dead-letters.ts'
import { REFUSALS, planFault, planLastingFaults, strikeWithEveryFault, waitingFaults } from './faults.ts'
import { UNDECODABLE } from './malformed.ts'
import type { Service } from './service.ts'
import type { Request } from './traffic.ts'
import { until } from './until.ts'

/** What happened while events came in. */
export type Storm = {
  /** When each request was sent, several times when it was repeated. */
  sentAt: ReadonlyMap<Request, readonly number[]>
  /** How often people have changed sides by now. */
  churned: number
  letters: DeadLetter[]
  faults: number
  kills: number
  problems: string[]
}

const LONGEST_PAUSE_MS = 800

/**
 * Sends the requests, in about their order and some twice, while faults strike and consumers are killed. It ends when
 * everything was accepted, every fault has struck, and what Meta refuses for good is among the dead letters.
 * Meanwhile some people change sides every three minutes; `churned` is how often they have before.
 */
export async function storm(
  service: Service,
  requests: readonly Request[],
  churned: number,
  random: () => number,
): Promise<Storm> {
  const killer = createKiller(service, random)
  let sending = true

  await planLastingFaults(service, random)
  for (const body of UNDECODABLE)
    for (const part of ['Track', 'Session', 'Retry'] as const) await put(service, part, body)
  const killing = killer.killAgainAndAgain(() => sending)
  const sent = send(service, requests, random).finally(() => (sending = false))
  const [sendings, churn, faults] = await Promise.all([
    sent,
    churnWhile(service, churned, () => sending),
    strikeWithEveryFault(service, () => sending),
  ])
  const letters = await lettersOfRefused(service)
  await killing
  await service.emulator('DELETE', '/faults')
  const sentAt = new Map([...sendings.sentAt, ...churn])
  return { ...sendings, sentAt, churned: churned + churn.size, letters, faults, kills: killer.kills() }
}

/** Sends requests, two at a time, and checks what ingest says of their events. */
async function send(
  service: Service,
  requests: readonly Request[],
  random: () => number,
): Promise<Pick<Storm, 'sentAt' | 'problems'>> {
  const sentAt = new Map<Request, number[]>()
  const problems: string[] = []
  const arrivals = arrivalsOf(requests, random).values()
  const lane = async () => {
    for (const request of arrivals) {
      sentAt.set(request, [...(sentAt.get(request) ?? []), service.now()])
      const rejections = await service.send(request.events)
      if (rejections !== request.rejections)
        problems.push(`ingest rejected ${rejections} events of a request, not ${request.rejections}`)
      await sleep(random() * LONGEST_PAUSE_MS)
    }
  }
  await Promise.all([lane(), lane()])
  return { sentAt, problems }
}

/** About the order in which requests happened, some of them much later, and some of them once more. */
function arrivalsOf(requests: readonly Request[], random: () => number): Request[] {
  const arrivals = requests.flatMap((request, index) => {
    const place = () => ({ request, at: index + random() * (random() < 0.2 ? 15 : 3) })
    return random() < 0.1 ? [place(), place()] : [place()]
  })
  return arrivals.sort((one, other) => one.at - other.at).map(({ request }) => request)
}

/**
 * Waits until what Meta refuses for good is given up. Refused rows are sent again, and taken, when their consumer is killed
 * before it has stored them: then the fault must strike once more.
 */
async function lettersOfRefused(service: Service): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = []
  await until('everything that Meta refuses is given up', async () => {
    letters.push(...(await takeDeadLetters(service)))
    const waiting = await waitingFaults(service)
    const reasons = letters.map(({ reason }) => reason)
    const missing = Object.entries(REFUSALS).filter(([, reason]) => !reasons.includes(reason))
    for (const [fault] of missing) if (!waiting.includes(fault)) await planFault(service, fault as FaultName)
    return missing.length === 0
  })
  return letters
}
