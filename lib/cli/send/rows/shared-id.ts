import type { SchemaField } from '../../../config/schema-field.ts'

/** What a spreadsheet leaves of a long number, such as 1.23457E+11 or 1E+11. A hash such as 7e12 is none of these. */
const CUT = /^\W*\d(?:[.,]\d+e\+?|e\+)\d+\s*$/i

/** What databases and spreadsheets write where there is no value; 0 is every guest of a shop, and yes is no id. */
const NOTHING =
  /^[\s(<[\\]*(?:null|nil|none|nan|n|n\/?a|#n\/?a|#[a-z\d/]+[!?]|undefined|unknown|empty|blank|guest|0|-+|yes|no|true|false)[\s)>\]]*$/i

/** Whether an id is that of many: strangers would become one person, and one removal would take all of them out. */
export function isSharedId(value: unknown): boolean {
  const text = String(value)
  return CUT.test(text) || NOTHING.test(text)
}

/** Whether a field holds ids, which may have any form. */
export function isId(field: SchemaField): boolean {
  return field === 'EXTERN_ID' || field === 'MADID'
}
