type Resource = { Type: string; Properties: Record<string, unknown> }
export type CloudFormation = { Resources: Record<string, Resource> }

/** The resources of one type, by logical id. */
export function resourcesOf(template: CloudFormation, type: string): [string, Record<string, unknown>][] {
  return Object.entries(template.Resources).flatMap(([id, { Type, Properties }]) =>
    Type === type ? [[id, Properties]] : [],
  )
}

/** The one resource of a type whose logical id begins so. */
export function resourceOf(template: CloudFormation, type: string, idStart: string): Record<string, unknown> {
  const found = resourcesOf(template, type).filter(([id]) => new RegExp(`^${idStart}[0-9A-F]{8}$`).test(id))
  const [only] = found
  if (!only || found.length > 1) throw new Error(`${found.length} resources ${type} are called ${idStart}`)
  return only[1]
}

/** The logical id that a value refers to. */
export function referenceOf(value: unknown): string {
  const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: [string, string] }
  return (Ref ?? attribute?.[0] ?? '').replace(/[0-9A-F]{8}$/, '')
}

/** A value as CloudFormation would make it, with an address in place of each reference. */
export function resolved(value: unknown): string {
  if (typeof value === 'string') return value
  const join = (value as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join']
  return join ? join[1].map(resolved).join(join[0]) : `https://example.com/${referenceOf(value)}`
}
