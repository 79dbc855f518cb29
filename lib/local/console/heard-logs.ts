/** Why rows of an audience do not go, as the consumer's log says. */
export type Heard = {
  /** Reads a line of a function's log. */
  line: (line: string) => void
  /** The last reason why these rows wait. */
  whyWaits: (destination: string, audience: string) => string | undefined
  /** When users were left out because they are erased, on the clock; undefined if none were. */
  erasedAt: (destination: string, audience: string) => number | undefined
}

/** Listens to the lines that tell of waits; most lines tell of nothing, and are not parsed. */
export function createHeardLogs(clock: () => number): Heard {
  const waits = new Map<string, string>()
  const erased = new Map<string, number>()
  const keyOf = (destination: string, audience: string) => `${destination} ${audience}`
  return {
    line(line) {
      if (!line.includes('"users_waiting"') && !line.includes('"erased"')) return
      const said = parsed(line)
      if (!said) return
      const key = keyOf(said.destination, said.audienceId)
      if (said.code === 'users_waiting') waits.set(key, said.reason)
      else if (said.code === 'users_dropped' && said.reason === 'erased') erased.set(key, clock())
    },
    whyWaits: (destination, audience) => waits.get(keyOf(destination, audience)),
    erasedAt: (destination, audience) => erased.get(keyOf(destination, audience)),
  }
}

type Said = { code: string; destination: string; audienceId: string; reason: string }

function parsed(line: string): Said | undefined {
  let json: Record<string, unknown>
  try {
    json = JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
  const { code, message, destination, audienceId, reason } = json
  const name = code ?? message
  if (typeof name !== 'string' || typeof destination !== 'string') return undefined
  if (typeof audienceId !== 'string' || typeof reason !== 'string') return undefined
  return { code: name, destination, audienceId, reason }
}
