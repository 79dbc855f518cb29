import { styleText } from 'node:util'
import { printable } from '../cli/terminal/terminal.ts'

/** Fields that every line has and that do not help a person who watches. */
const NOISE = new Set(['level', 'message', 'timestamp', 'service', 'sampling_rate', 'code', 'advice'])

/**
 * A function's log line for a person: `consumer  users_delivered  destination=main count=2`. Metrics are log lines too
 * and are left out (undefined). A line that is not JSON stays as it is.
 */
export function readableLine(source: string, line: string): string | undefined {
  const json = parse(line)
  if (json === undefined) return `${withoutHash(source)}  ${line}`
  if ('_aws' in json) return undefined
  const code = text(json.code ?? json.message ?? '')
  const level = text(json.level ?? 'INFO')
  const fields = Object.entries(json).flatMap(([name, value]) => (NOISE.has(name) ? [] : [`${name}=${text(value)}`]))
  const advice = json.advice === undefined ? [] : [`(${text(json.advice)})`]
  const colour = level === 'ERROR' ? 'red' : level === 'WARN' ? 'yellow' : 'green'
  return [withoutHash(source), styleText(colour, code), fields.join(' '), ...advice]
    .filter((part) => part !== '')
    .join('  ')
}

/** A logical id without the hash that CDK puts at its end. */
export function withoutHash(source: string): string {
  return source.replace(/[0-9A-F]{8}(?=$|\.)/, '')
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
}

function text(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value))
}
