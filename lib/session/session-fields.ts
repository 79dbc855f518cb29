/**
 * An upload session for one direction, as Meta's users edge takes it. Ids are text: they go up to 2^63, which a
 * JavaScript number cannot hold.
 */
export type SessionFields = {
  sessionId: string
  batchSequence: number
  lastBatch: boolean
  estimatedTotal?: number
}

/**
 * How many batches a request may hold for one session, and for all. SQS stores those of one session one call after
 * another, those of several ten in a call. All must fit into a request's ten seconds. None of the common SDKs sends
 * more than 250 events at once.
 */
export const MOST_BATCHES = { ofSession: 250, ofAll: 2_500 } as const

/** What is wrong with the session fields. The users are sent all the same, without a session. */
export const SESSION_PROBLEMS = {
  session_incomplete: 'A session needs its id, batchSequence and lastBatchFlag; the users were sent without it.',
  session_id_unusable:
    'A session id is a whole number from 1 to 9223372036854775807, as text above 9007199254740991; the users were sent without it.',
  session_several_audiences:
    'The event feeds several audiences of a destination, and a session belongs to one; the users were sent without it.',
  session_too_long: `A request may hold ${String(MOST_BATCHES.ofSession)} batches of a session and ${String(MOST_BATCHES.ofAll)} of all; the users of a session beyond were sent without it.`,
} as const

export type SessionProblem = keyof typeof SESSION_PROBLEMS

/** The properties of a session, in the spellings that RudderStack accepted. The first one that is given counts. */
export const SESSION_PROPERTIES = {
  sessionIdAdd: ['sessionIdAdd', 'session_id_add'],
  sessionIdDelete: ['sessionIdDelete', 'session_id_delete'],
  batchSequence: ['batchSequence', 'batchSeq', 'batch_seq'],
  lastBatchFlag: ['lastBatchFlag', 'last_batch_flag'],
  estimatedNumTotal: ['estimatedNumTotal', 'estimated_num_total'],
} as const

type Sessions = {
  add: SessionFields | undefined
  remove: SessionFields | undefined
  equalIds: boolean
  problems: SessionProblem[]
}

const LARGEST_ID = 2n ** 63n - 1n

/**
 * The sessions that an event's properties ask for. Both directions share the batch sequence and the last-batch flag, as
 * in RudderStack's example.
 */
export function sessionOf(properties: Readonly<Record<string, unknown>>): Sessions {
  const first = (property: keyof typeof SESSION_PROPERTIES) =>
    SESSION_PROPERTIES[property]
      .map((name) => properties[name])
      .find((value) => value !== undefined && value !== null && value !== '')
  const addId = first('sessionIdAdd')
  const removeId = first('sessionIdDelete')
  const sessions: Sessions = { add: undefined, remove: undefined, equalIds: false, problems: [] }
  if (addId === undefined && removeId === undefined) return sessions

  const [addText, removeText] = [textOf(addId), textOf(removeId)]
  sessions.equalIds = Boolean(addText) && addText === removeText
  const batchSequence = wholeNumber(first('batchSequence'))
  const lastBatch = flag(first('lastBatchFlag'))
  const estimatedTotal = wholeNumber(first('estimatedNumTotal'))
  const complete = (id: unknown): SessionFields | undefined => {
    if (id === undefined) return undefined
    const sessionId = usableId(id)
    if (sessionId === undefined) {
      sessions.problems.push('session_id_unusable')
      return undefined
    }
    if (batchSequence === undefined || lastBatch === undefined) {
      sessions.problems.push('session_incomplete')
      return undefined
    }
    return { sessionId, batchSequence, lastBatch, ...(estimatedTotal !== undefined && { estimatedTotal }) }
  }
  sessions.add = complete(addId)
  sessions.remove = complete(removeId)
  sessions.problems = [...new Set(sessions.problems)]
  return sessions
}

function textOf(id: unknown): string | undefined {
  if (typeof id !== 'string' && typeof id !== 'number') return undefined
  return String(id)
    .trim()
    .replace(/^0+(?=\d)/, '')
}

function usableId(id: unknown): string | undefined {
  if (typeof id === 'number' && !Number.isSafeInteger(id)) return undefined
  const text = textOf(id) ?? ''
  return /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= LARGEST_ID ? text : undefined
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 1 ? number : undefined
}

function flag(value: unknown): boolean | undefined {
  if (value === true || value === 1 || value === 'true') return true
  if (value === false || value === 0 || value === 'false') return false
  return undefined
}
