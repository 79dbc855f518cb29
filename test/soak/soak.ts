import { seededRandom } from '../../lib/local/graph-api/seeded-random.ts'
import { AUDIENCES } from './audiences.ts'
import { isCrashed, problemsOf, redrive, takeDeadLetters } from './dead-letters.ts'
import type { DeadLetter } from './dead-letters.ts'
import { differences } from './differences.ts'
import { wordsFor } from './model.ts'
import { expireRegister } from './register-time.ts'
import { startService } from './service.ts'
import type { Service } from './service.ts'
import { settle } from './settle.ts'
import { storm } from './storm.ts'
import { makeTraffic, peopleIn } from './traffic.ts'
import type { Request } from './traffic.ts'

type Options = { events: number; seed: number; log: (line: string) => void }

export type SoakReport = {
  /** Everything that is not as it must be. */
  problems: string[]
  events: number
  requests: number
  members: number
  /** Of the emulator's table; the random ones come on top. */
  faults: number
  kills: number
  deadLetters: Record<string, number>
}

/** After about so many requests, some 2,000 events, everything is brought to an end and compared. */
const REQUESTS_IN_WAVE = 60

/**
 * Sends made-up events through the whole local stack, in waves of faults and crashes, and compares the audiences with
 * the model after each.
 */
export async function soak({ events, seed, log }: Options): Promise<SoakReport> {
  const random = seededRandom(seed)
  const requests = makeTraffic(events, Date.now(), random)
  const report: SoakReport = { problems: [], events, requests: 0, members: 0, faults: 0, kills: 0, deadLetters: {} }
  const waves = Math.max(1, Math.round(requests.length / REQUESTS_IN_WAVE))
  const sentAt = new Map<Request, readonly number[]>()
  const startedAt = Date.now()
  const say = (line: string) => log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${line}`)

  const service = await startService()
  try {
    // Thousands of calls in a few minutes are no reason to be slowed down: the limits are tried by faults.
    await service.emulator('PATCH', '/settings', { tier: 'full', requestsKept: 0 })
    say(`started: ${events} events in ${requests.length} requests, seed ${seed}`)
    while (report.requests < requests.length && report.problems.length === 0) {
      const wave = requests.slice(report.requests, report.requests + Math.ceil(requests.length / waves))
      report.requests += wave.length
      const happened = await storm(service, wave, random)
      say(`${report.requests} requests sent; ${happened.faults} planned faults, ${happened.kills} processes killed`)
      for (const [request, times] of happened.sentAt) sentAt.set(request, times)
      await settle(service)
      const letters = [...happened.letters, ...(await takeDeadLetters(service))]

      const sending = { requests: requests.slice(0, report.requests), sentAt, people: peopleIn(events) }
      const happenings = sending.requests.flatMap((request) => request.happenings)
      const words = new Map(AUDIENCES.map((audience) => [audience.id, wordsFor(audience, happenings)]))
      const known = new Map(
        [...words].map(([id, list]) => [id, new Set(list.flatMap(({ identifiers }) => identifiers))] as const),
      )
      report.problems.push(...happened.problems, ...problemsOf(letters, known), ...(await redriveAll(service, letters)))

      report.members = 0
      for (const audience of AUDIENCES) {
        const path = `/audiences/${audience.id}/members`
        const { members } = await service.emulator<{ members: Record<string, unknown>[] }>('GET', path)
        report.members += members.length
        report.problems.push(...differences(audience, words.get(audience.id) ?? [], members, sending))
      }
      say(`${report.members} members in ${AUDIENCES.length} audiences, ${report.problems.length} differences`)
      report.faults += happened.faults
      report.kills += happened.kills
      for (const { reason = 'crashed' } of letters) report.deadLetters[reason] = (report.deadLetters[reason] ?? 0) + 1
      await expireRegister(service.awsUrl)
    }
    return report
  } finally {
    await service.close()
  }
}

/**
 * What was given up goes on as soon as an operator says so, and must neither be missing then nor overtake anything.
 * Without faults nothing is given up again; SQS alone may move a message once more whose scaled timeout was too short.
 */
async function redriveAll(service: Service, letters: readonly DeadLetter[]): Promise<string[]> {
  for (let left = letters; left.length > 0;) {
    await redrive(service, left)
    await settle(service)
    left = await takeDeadLetters(service)
    const givenUp = left.filter((letter) => !isCrashed(letter))
    if (givenUp.length > 0) return givenUp.map(({ reason = '' }) => `given up again, without a fault: ${reason}`)
  }
  return []
}
