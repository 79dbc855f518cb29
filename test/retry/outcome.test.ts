import { describe, expect, it } from 'vitest'
import type { Change } from '../../lib/audience/change.ts'
import type { GraphFailure } from '../../lib/graph-api/error.ts'
import { failedAlone } from '../../lib/retry/outcome.ts'
import { HTML_400, graphFailure, people } from '../graph-api/builders.ts'

const PAGE = HTML_400
const TIMEOUT: GraphFailure = { kind: 'timeout' }
const INVALID = graphFailure(100)

describe('a row that failed alone', () => {
  it.each<[string, Change['singledOut'], GraphFailure, boolean, boolean, string, Change['singledOut']]>([
    ['for the first time, while others passed, waits and is marked', undefined, PAGE, true, false, 'failed', 'refused'],
    ['without an answer is marked as such', undefined, TIMEOUT, true, false, 'failed', 'unanswered'],
    ['while nothing passed is not marked, for it may be an outage', undefined, PAGE, false, false, 'failed', undefined],
    ['and was only suspected before is marked, and not given up', 'suspected', PAGE, true, false, 'failed', 'refused'],
    ['a second time while others passed is given up', 'refused', PAGE, true, false, 'rejected', undefined],
    ['a second time without an answer is given up', 'unanswered', TIMEOUT, true, false, 'rejected', undefined],
    ['a second time while nothing passed waits', 'refused', PAGE, false, false, 'failed', 'refused'],
    [
      'a second time with a code that never passes is given up',
      'refused',
      INVALID,
      false,
      false,
      'rejected',
      undefined,
    ],
    ['for the first time with such a code waits', undefined, INVALID, true, false, 'failed', 'refused'],
    ['and came alone with such a code is given up', undefined, INVALID, false, true, 'rejected', undefined],
    ['and came alone with another waits', undefined, PAGE, false, true, 'failed', undefined],
  ])('%s', (_, singledOut, failure, somePassed, isOnly, kind, mark) => {
    const changes = people('jane').map((change) => ({ ...change, ...(singledOut && { singledOut }) }))
    const outcome = failedAlone({ changes, failure }, { somePassed, isOnly })
    expect(outcome.kind).toBe(kind)
    if (kind === 'failed') expect(outcome.changes[0]?.singledOut).toBe(mark)
  })
})
