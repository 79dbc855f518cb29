import type { SettingsPicture } from '../feed.ts'
import { CopyButton } from './copy-button.tsx'
import { EmptyState } from './empty-state.tsx'
import { counted, cutMiddle } from './format.ts'
import { useSize } from './hooks.ts'
import { Mark } from './mark.tsx'
import { hashOf } from './route.ts'
import { callOf, drawSettings } from './settings-picture.ts'
import type { Column } from './settings-picture.ts'
import { Sideways } from './sideways.tsx'
import { TableHead } from './table-head.tsx'

const TITLES: Record<Column, string> = {
  source: 'Source',
  call: 'Call',
  destination: 'Destination',
  audience: 'Audience',
}
const COLUMNS = Object.keys(TITLES) as Column[]
const BOX = 40
/** Of more, the table tells more than a picture. */
const MOST_DRAWN = 20
const GAP = 12

/** Which call of which source goes where, and what the checks of the settings found. */
export function SettingsView({ settings }: { settings: SettingsPicture }) {
  const { file, sources, mappings, warnings } = settings
  return (
    <section class="card" aria-labelledby="settings-title">
      <div class="bar">
        <h2 id="settings-title">Settings</h2>
        <code class="muted">{file}</code>
      </div>
      {warnings.length > 0 ? (
        <ul class="letters" aria-label="What the checks found">
          {warnings.map(({ path, message }) => (
            <li key={`${path} ${message}`} data-tone="waiting">
              <div>
                <p>
                  <Mark tone="waiting" word="warning" /> <code class="strong">{path}</code>
                </p>
                <p>{message}</p>
              </div>
            </li>
          ))}
        </ul>
      ) : (
        <p>
          <Mark tone="ok" word="no warnings" /> <span class="muted">The checks found nothing amiss.</span>
        </p>
      )}
      {mappings.length === 0 ? (
        <EmptyState title="No call leads to an audience">
          <p>
            Give a destination an event, such as <code>{'"events": { "USER_ADD": "23846440602800582" }'}</code>, and
            start the stack again.
          </p>
        </EmptyState>
      ) : (
        <>
          {mappings.length <= MOST_DRAWN && <Picture settings={settings} />}
          <MappingTable mappings={mappings} />
        </>
      )}
      <h3>Write keys</h3>
      <Sideways label="Write keys">
        <table class="plain">
          <TableHead titles={['Source', 'Write key', 'Fields of its destinations']} />
          <tbody>
            {sources.map(({ name, writeKey, fields }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  <code>{writeKey}</code> <CopyButton text={writeKey} what={`the write key of ${name}`} />
                </td>
                <td>
                  <code>{fields.join(', ')}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Sideways>
    </section>
  )
}

function Picture({ settings }: { settings: SettingsPicture }) {
  const { boxes, lines } = drawSettings(settings)
  const [space, { width }] = useSize<HTMLDivElement>()
  const rows = Math.max(...COLUMNS.map((column) => boxes[column].length))
  const height = rows * (BOX + GAP) - GAP
  const offset = (column: Column) => ((rows - boxes[column].length) * (BOX + GAP)) / 2
  const middle = (column: Column, row: number) => offset(column) + row * (BOX + GAP) + BOX / 2
  // Four boxes, and lines of half a box between them.
  const box = width / 5.5
  return (
    <figure class="settings-picture wide-only" aria-hidden="true">
      <div class="settings-titles">
        {COLUMNS.map((column) => (
          <span key={column}>
            {TITLES[column]}
            {boxes[column].length > 1 && (
              <span class="muted"> {counted(boxes[column].length, 'in all', 'in all')}</span>
            )}
          </span>
        ))}
      </div>
      <div ref={space} style={{ height: `${height}px` }} class="settings-space">
        <svg width={width} height={height}>
          {lines.map(({ from, fromRow, toRow }) => {
            const index = COLUMNS.indexOf(from)
            const [start, end] = [index * 1.5 * box + box, (index + 1) * 1.5 * box]
            const [y1, y2] = [middle(from, fromRow), middle(COLUMNS[index + 1] ?? from, toRow)]
            const bend = (end - start) / 2
            return (
              <path
                key={`${from} ${fromRow} ${toRow}`}
                d={`M${start} ${y1}C${start + bend} ${y1} ${end - bend} ${y2} ${end} ${y2}`}
              />
            )
          })}
        </svg>
        {COLUMNS.flatMap((column, index) =>
          boxes[column].map((name, row) => (
            <span
              key={`${column} ${name}`}
              class={`settings-box ${column}`}
              title={name}
              style={{
                left: `${index * 1.5 * box}px`,
                top: `${middle(column, row) - BOX / 2}px`,
                width: `${box}px`,
                height: `${BOX}px`,
              }}
            >
              {column === 'audience' ? <code>{cutMiddle(name, 8, 4)}</code> : name}
            </span>
          )),
        )}
      </div>
    </figure>
  )
}

function MappingTable({ mappings }: Pick<SettingsPicture, 'mappings'>) {
  return (
    <Sideways label="Calls and audiences">
      <table class="plain">
        <TableHead titles={[...COLUMNS.map((column) => TITLES[column]), 'Effect']} />
        <tbody>
          {mappings.map((mapping) => (
            <tr key={`${mapping.source} ${callOf(mapping)} ${mapping.destination}`}>
              <th scope="row">{mapping.source}</th>
              <td>{callOf(mapping)}</td>
              <td>{mapping.destination}</td>
              <td>
                {mapping.audiences.map((audience) => (
                  <a key={audience} class="block" href={hashOf({ view: 'audiences', audience, from: 0 })}>
                    <code>{audience}</code>
                  </a>
                ))}
              </td>
              <td>
                {effectOf(mapping)}
                {mapping.dryRun && <br />}
                {mapping.dryRun && <Mark tone="idle" word="trial run: nothing is sent" />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Sideways>
  )
}

function effectOf({ kind, action }: SettingsPicture['mappings'][number]): string {
  if (action !== undefined) return action === 'add' ? 'adds the person' : 'removes the person'
  return kind === 'event' ? 'adds and removes its lists' : 'adds or removes, as the call says'
}
