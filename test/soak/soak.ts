import { FAULT_NAMES } from '../../lib/emulator/meta/faults.ts'
import { seededRandom } from '../../lib/emulator/meta/seeded-random.ts'
import { AUDIENCES, FAMILIES } from './audiences.ts'
import { isCrashed, problemsOf, redrive, takeDeadLetters } from './dead-letters.ts'
import type { DeadLetter } from './dead-letters.ts'
import { costOfChurn } from './churn.ts'
import { differences, wronglyIn } from './differences.ts'
import { wordsFor } from './model.ts'
import { startService } from './service.ts'
import type { Service } from './service.ts'
import { settle } from './settle.ts'
import { storm } from './storm.ts'
import { makeTraffic, peopleIn } from './traffic.ts'
import type { Request } from './traffic.ts'

type Options = { events: number; seed: number; log: (line: string) => void }

type SoakReport = {
  /** Everything that is not as it must be. */
  problems: string[]
  events: number
  requests: number
  members: number
  /** Of the emulator's table; the random ones come on top. */
  faults: number
  kills: number
  deadLetters: Record<string, number>
  /** Rows sent for each received, and requests for each without it, while people change sides. */
  churn: { rows: number; requests: number }
}

/** After about so many events everything is brought to an end and compared. */
const EVENTS_IN_WAVE = 2_000

/** An hour of changing sides every three minutes; a fourth of it where the whole is small. */
const CHURN_TIMES = 20

/**
 * Sends made-up events through the whole local stack, in waves of faults and crashes, and compares the audiences with
 * the model after each; and in the end once without faults, while people change sides.
 */
export async function soak({ events, seed, log }: Options): Promise<SoakReport> {
  const random = seededRandom(seed)
  const people = peopleIn(events)
  const waves = Math.max(1, Math.round(events / EVENTS_IN_WAVE))
  const sentAt = new Map<Request, readonly number[]>()
  const startedAt = Date.now()
  const say = (line: string) => log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${line}`)
  const report: SoakReport = {
    ...{ problems: [], events, requests: 0, members: 0, faults: 0, kills: 0, deadLetters: {} },
    churn: { rows: NaN, requests: NaN },
  }

  const service = await startService()
  try {
    // Thousands of calls in a few minutes are no reason to be slowed down: the limits are tried by faults.
    await service.emulator('PATCH', '/settings', { tier: 'full', requestsKept: 0 })
    const all = makeTraffic(events, service.now(), random)
    say(`started: ${events} events in ${all.length} requests, seed ${seed}`)
    let churned = 0
    for (let wave = 0; wave < waves && report.problems.length === 0; wave += 1) {
      const requests = all.slice(report.requests, report.requests + Math.ceil(all.length / waves))
      report.requests += requests.length
      const happened = await storm(service, requests, churned, random)
      churned = happened.churned
      say(`${report.requests} requests sent; ${happened.faults} planned faults, ${happened.kills} processes killed`)
      for (const [request, times] of happened.sentAt) sentAt.set(request, times)
      await settle(service)
      const letters = [...happened.letters, ...(await takeDeadLetters(service))]
      report.problems.push(...happened.problems, ...problemsOf(letters, identifiersSent(sentAt)))
      report.problems.push(...(await redriveAll(service, letters)))
      await compare()
      report.faults += happened.faults
      report.kills += happened.kills
      for (const { reason = 'crashed' } of letters) report.deadLetters[reason] = (report.deadLetters[reason] ?? 0) + 1
    }
    // Of the requests only those that follow count.
    await service.emulator('PATCH', '/settings', { requestsKept: 100_000 })
    const times = Math.ceil(CHURN_TIMES / (events > EVENTS_IN_WAVE ? 1 : 4))
    const churn = await costOfChurn(service, churned, times, () => settle(service))
    for (const [request, at] of churn.sentAt) sentAt.set(request, at)
    report.churn = churn.cost
    report.problems.push(...churn.problems)
    await compare()
    report.problems.push(...whatDidNotHappen(report))
    return report
  } finally {
    await service.close()
  }

  async function compare(): Promise<void> {
    const requests = [...sentAt.keys()]
    const happenings = requests.flatMap((request) => request.happenings)
    report.members = 0
    for (const audience of AUDIENCES) {
      const path = `/audiences/${audience.id}/members`
      const { members } = await service.emulator<{ members: Record<string, unknown>[] }>('GET', path)
      report.members += members.length
      const differing = audience.id === FAMILIES ? wronglyIn : differences
      report.problems.push(
        ...differing(audience, wordsFor(audience, happenings), members, { requests, sentAt, people }),
      )
    }
    say(`${report.members} members in ${AUDIENCES.length} audiences, ${report.problems.length} differences`)
  }
}

/** A soak that nothing stood in the way of says nothing. */
function whatDidNotHappen({ faults, kills, deadLetters }: SoakReport): string[] {
  return [
    ...(faults < FAULT_NAMES.length ? [`only ${faults} of ${FAULT_NAMES.length} planned faults found a request`] : []),
    ...(kills < 2 ? [`only ${kills} processes were killed`] : []),
    ...['graph_2650', 'undecodable'].flatMap((reason) =>
      deadLetters[reason] === undefined ? [`no dead letter says ${reason}`] : [],
    ),
  ]
}

/** What people were named by, for each audience. */
function identifiersSent(sentAt: ReadonlyMap<Request, unknown>): ReadonlyMap<string, ReadonlySet<string>> {
  const happenings = [...sentAt.keys()].flatMap((request) => request.happenings)
  return new Map(
    AUDIENCES.map((audience) => [
      audience.id,
      new Set(wordsFor(audience, happenings).flatMap(({ identifiers }) => identifiers)),
    ]),
  )
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
