import { resolved, resourcesOf } from '../support/template.ts'
import type { CloudFormation } from '../support/template.ts'
import { escaped, picture } from './svg.ts'

/** CloudWatch's grid has 24 columns. */
const COLUMN = 40
const ROW = 22
const GAP = 4
const FONT = 'system-ui,-apple-system,Segoe UI,Roboto,DejaVu Sans,sans-serif'

/** A widget as a dashboard's body has it. */
type Widget = {
  type: string
  x: number
  y: number
  width: number
  height: number
  properties: { title?: string; markdown?: string }
}

/** The widgets of the one dashboard in a template. */
export function dashboardWidgets(template: CloudFormation): Widget[] {
  const [dashboard] = resourcesOf(template, 'AWS::CloudWatch::Dashboard')
  return (JSON.parse(resolved(dashboard?.[1].DashboardBody)) as { widgets: Widget[] }).widgets
}

/** The shape of a CloudWatch dashboard: which graph stands where, without what it would show. */
export function dashboardPicture(widgets: readonly Widget[]): string {
  const bottom = Math.max(...widgets.map(({ y, height }) => y + height))
  const size = { width: 24 * COLUMN + 2 * GAP, height: bottom * ROW + 2 * GAP }
  return picture(size, 'The dashboard, without its curves', [
    `<g font-family="${FONT}" font-size="11.5">`,
    ...widgets.flatMap((widget) => drawn(widget)),
    '</g>',
  ])
}

function drawn({ type, x, y, width, height, properties: { title = '', markdown = '' } }: Widget): string[] {
  const box = {
    left: GAP + x * COLUMN + GAP,
    top: GAP + y * ROW + GAP / 2,
    wide: width * COLUMN - 2 * GAP,
    high: height * ROW - GAP,
  }
  if (type === 'text')
    return [`<text class="bold" x="${box.left}" y="${box.top + 15}">${escaped(markdown.replace(/^#+ /, ''))}</text>`]
  const [from, to, floor] = [box.left + 12, box.left + box.wide - 12, box.top + box.high - 14]
  const axes = `<path class="line" d="M${from} ${box.top + 34}V${floor}H${to}"/>`
  return [
    `<rect class="line" x="${box.left}" y="${box.top}" width="${box.wide}" height="${box.high}" rx="4"/>`,
    `<text x="${box.left + 12}" y="${box.top + 20}">${escaped(title)}</text>`,
    ...(type === 'metric' ? [axes] : []),
  ]
}
