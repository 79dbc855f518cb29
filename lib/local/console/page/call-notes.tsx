import type { CallRecord, CallWarning } from '../feed.ts'
import { count, counted } from './format.ts'
import { Mark } from './mark.tsx'
import { TableHead } from './table-head.tsx'
import { placeText } from './words.ts'

/** What is wrong with a call that is used all the same. */
export function Warnings({ warnings }: { warnings: readonly CallWarning[] }) {
  return warnings.map(({ code, message, count: number, field, suggestion, destination }, index) => (
    <p key={index} class="warned" data-tone="waiting">
      <Mark tone="waiting" word="warning" /> <code class="strong">{code}</code>
      {field !== undefined && (
        <>
          {' '}
          <code>{field}</code>
        </>
      )}
      {number > 1 && ` ${counted(number, 'user')}`}
      {destination !== undefined && ` for ${destination}`}
      <br />
      {message}
      {suggestion !== undefined && ` Did you mean ${suggestion}?`}
    </p>
  ))
}

/** Who and what of a call is left out, and why. */
export function LeftOutTable({ call: { leftOut, leftOutCount } }: { call: CallRecord }) {
  if (leftOutCount === 0) return null
  return (
    <>
      <h3>Left out</h3>
      <table class="plain">
        <TableHead titles={['User', 'Field', 'Why']} />
        <tbody>
          {leftOut.map(({ list, index, field, reason, message }) => (
            <tr key={`${list} ${index} ${field ?? ''} ${reason}`}>
              <th scope="row">
                <code>{placeText(list, index)}</code>
              </th>
              <td>{field === undefined ? 'the whole user' : <code>{field}</code>}</td>
              <td>
                <code>{reason}</code> <span class="muted">{message}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {leftOutCount > leftOut.length && <p class="muted">and {count(leftOutCount - leftOut.length)} more</p>}
    </>
  )
}
