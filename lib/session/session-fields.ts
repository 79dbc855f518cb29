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
 * How many batches a request may hold for one session, and for all. The batches of one session are stored in one call
 * after another. A call stores up to ten batches of different sessions. All calls must fit into a request's ten seconds.
 * None of the common SDKs sends more than 250 events at once.
 */
export const MOST_BATCHES = { ofSession: 250, ofAll: 2_500 } as const

/** What is wrong with the session fields. The users are sent all the same, without a session. */
export const SESSION_PROBLEMS = {
  session_incomplete: 'A session needs its id, batchSequence and lastBatchFlag; the users were sent without it.',
  session_id_unusable:
    'A session id is a whole number from 1 to 9223372036854775807, as text above 9007199254740991; the users were sent without it.',
  session_several_audiences:
    'The event feeds several audiences of a destination, and a session belongs to one; the users were sent without it.',
  session_too_long: `A request may hold ${MOST_BATCHES.ofSession} batches of a session and ${MOST_BATCHES.ofAll} of all; the users of a session beyond were sent without it.`,
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

/** What both directions of an event share; undefined where it is not given or of no use. */
type SharedFields = { [Field in Exclude<keyof SessionFields, 'sessionId'>]: SessionFields[Field] | undefined }

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
  const [addId, removeId] = [first('sessionIdAdd'), first('sessionIdDelete')]
  if (addId === undefined && removeId === undefined)
    return { add: undefined, remove: undefined, equalIds: false, problems: [] }

  const shared = {
    batchSequence: wholeNumber(first('batchSequence')),
    lastBatch: flag(first('lastBatchFlag')),
    estimatedTotal: wholeNumber(first('estimatedNumTotal')),
  }
  const [add, remove] = [sessionWith(addId, shared), sessionWith(removeId, shared)]
  const addText = textOf(addId)
  return {
    add: typeof add === 'string' ? undefined : add,
    remove: typeof remove === 'string' ? undefined : remove,
    equalIds: Boolean(addText) && addText === textOf(removeId),
    problems: [...new Set([add, remove].filter((session) => typeof session === 'string'))],
  }
}

/** The session with this id, or what is wrong with it; nothing without an id. */
function sessionWith(
  id: unknown,
  { batchSequence, lastBatch, estimatedTotal }: SharedFields,
): SessionFields | SessionProblem | undefined {
  if (id === undefined) return undefined
  const sessionId = usableId(id)
  if (sessionId === undefined) return 'session_id_unusable'
  if (batchSequence === undefined || lastBatch === undefined) return 'session_incomplete'
  return { sessionId, batchSequence, lastBatch, ...(estimatedTotal !== undefined && { estimatedTotal }) }
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
