import type { Explanation } from '../../../cli/explain/explain.ts'
import { count, counted, cutMiddle, people } from './format.ts'
import { Mark } from './mark.tsx'
import { placeText } from './words.ts'
import { Sideways } from './sideways.tsx'
import { TableHead } from './table-head.tsx'

/** More users than these are counted and not shown. */
const MOST_USERS = 10

/** What an event would send: its requests, and its users field by field. */
export function ExplanationView({ explanation }: { explanation: Explanation }) {
  const { requests, users, dropped, time, error } = explanation
  const sent = requests.reduce((sum, { body }) => sum + body.payload.data.length, 0)
  const leftOut = new Set(
    dropped.filter(({ field }) => field === undefined).map(({ list, index }) => `${list} ${index}`),
  )
  return (
    <>
      <p role="status">
        {requests.length > 0 ? (
          <>
            <Mark tone="ok" word="usable" /> {counted(requests.length, 'request')}, {people(sent)} in all
            {leftOut.size > 0 && `, ${people(leftOut.size)} left out`}
          </>
        ) : (
          <>
            <Mark tone="failed" word="sends nothing" /> {error && <code>{error.code}</code>} {error?.message}
          </>
        )}
      </p>
      {time && (
        <p class="muted">
          It happened at <span class="number">{time.value}</span> ({time.from}).
        </p>
      )}
      {requests.length > 0 && <h3>Requests</h3>}
      {requests.slice(0, MOST_USERS).map((request, index) => (
        <details key={index} class="request">
          <summary>
            <b>{request.method}</b> <code>{request.path}</code>{' '}
            <span class="muted">
              {people(request.body.payload.data.length)}
              {request.dryRun && ', trial run: not sent'}
            </span>
          </summary>
          <pre tabIndex={0}>{JSON.stringify(request.body, null, 2).slice(0, 20_000)}</pre>
        </details>
      ))}
      {requests.length > MOST_USERS && <p class="muted">and {count(requests.length - MOST_USERS)} more</p>}
      {users.length > 0 && <h3>Users</h3>}
      {users.slice(0, MOST_USERS).map(({ destination, list, index, fields }) => (
        <Sideways label={`The fields of ${placeText(list, index)}`} key={`${destination} ${list} ${index}`}>
          <table class="plain fields-table">
            <caption>
              <code>{placeText(list, index)}</code> <span class="muted">for {destination}</span>
            </caption>
            <TableHead titles={['Field', 'Given', 'Normalised', 'Sent']} />
            <tbody>
              {fields.map(({ field, given, normalised, sent: cell }) => (
                <tr key={field}>
                  <th scope="row">
                    <code>{field}</code>
                  </th>
                  <td>{shown(given)}</td>
                  <td>{shown(normalised)}</td>
                  <td>
                    <code title={typeof cell === 'string' ? cell : undefined}>{shown(cell, 12)}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sideways>
      ))}
      {users.length > MOST_USERS && <p class="muted">and {count(users.length - MOST_USERS)} more users</p>}
    </>
  )
}

function shown(value: unknown, start = 20): string {
  const text = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value)
  return text === '' ? '–' : cutMiddle(text, start, 6)
}
