import { invalidParameter } from './graph-error.ts'

/** Splits `fields=id,delivery_status{code}` at the commas outside braces; the names inside the braces are dropped. */
export function requestedFields(fields: unknown): string[] {
  if (typeof fields !== 'string' || fields === '') return []
  const withoutBraces = fields.replace(/\{[^{}]*\}/g, '')
  return withoutBraces.split(',').map((name) => name.trim())
}

/** The asked fields of a node, `id` always among them. A field that is known but empty is left out, as Graph does. */
export function pickedFields(
  node: Record<string, unknown>,
  fields: readonly string[],
  nodeType: string,
): Record<string, unknown> {
  const picked: Record<string, unknown> = {}
  for (const name of fields) {
    if (!Object.hasOwn(node, name))
      throw invalidParameter(`Tried accessing nonexisting field (${name}) on node type (${nodeType})`)

    if (node[name] !== undefined) picked[name] = node[name]
  }
  return { ...picked, id: node.id }
}
