import { STRONG_FIELDS } from '../../config/schema-field.ts'
import type { SchemaField } from '../../config/schema-field.ts'

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i
const HASH = /^[\da-f]{64}$/i
/** Signs that people write phone numbers with, and that nobody writes ids with. */
const PHONE = /^\+?[\d\s()./-]+$/
const LEAST_DIGITS = 7
const MOST_DIGITS = 15

/**
 * The fields that a text may be a value of, of those that name one person on their own. It is looked for in all of
 * them: a customer's number may be a phone number of somebody, and a UUID an id or a device.
 */
export function fieldsOf(text: string): readonly SchemaField[] {
  const trimmed = text.trim()
  if (trimmed.includes('@')) return ['EMAIL']
  if (UUID.test(trimmed)) return ['EXTERN_ID', 'MADID']
  if (HASH.test(trimmed)) return ['EMAIL', 'PHONE', 'EXTERN_ID']
  const digits = trimmed.replace(/\D/g, '').length
  if (!PHONE.test(trimmed) || digits < LEAST_DIGITS || digits > MOST_DIGITS) return ['EXTERN_ID']
  return /^\d+$/.test(trimmed) ? ['PHONE', 'EXTERN_ID'] : ['PHONE']
}

/** A user with the text as a value of these fields, as an event would bring it. */
export function userWith(text: string, fields: readonly SchemaField[]): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field, text]))
}

const NAMES: Partial<Record<SchemaField, string>> = {
  EMAIL: 'an e-mail address',
  PHONE: 'a phone number',
  EXTERN_ID: 'an id (EXTERN_ID)',
  MADID: 'a device (MADID)',
}

/** What the text is taken for, and how to say otherwise. */
export function takenFor(fields: readonly SchemaField[]): string {
  const others = STRONG_FIELDS.filter((field) => !fields.includes(field) || fields.length > 1)
  return `Taken for ${fields.map((field) => NAMES[field] ?? field).join(' or ')}. Else: --as ${others.join(', ')}`
}
