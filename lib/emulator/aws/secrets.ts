import { createHash, randomUUID } from 'node:crypto'
import { awsError } from './answer.ts'
import type { AwsAnswer } from './answer.ts'

type Address = { ARN: string; Name: string }
type Version = { id: string; value: string; stages: string[] }
export type Secrets = (action: string, input: Record<string, unknown>) => AwsAnswer

/** The ARN of a secret here: the name and six characters, as Secrets Manager builds it. */
export function secretArn(name: string): string {
  const suffix = createHash('sha256').update(name).digest('hex').slice(0, 6)
  return `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-${suffix}`
}

/**
 * Secrets Manager in memory: GetSecretValue, DescribeSecret, PutSecretValue and UpdateSecretVersionStage, by name, ARN or
 * partial ARN. Versions without a stage stay, and can still be given one.
 * Source: Secrets Manager API reference.
 */
export function createSecrets(values: ReadonlyMap<string, string>): Secrets {
  const secrets = new Map([...values].map(([name, value]) => [name, [version(value, ['AWSCURRENT'])]]))

  function nameOf(id: string): string | undefined {
    return [...secrets.keys()].find((name) => {
      const arn = name.startsWith('arn:') ? name : secretArn(name)
      return id === name || id === arn || id === arn.replace(/-[^-]{6}$/, '')
    })
  }

  return (action, input) => {
    const name = nameOf(String(input.SecretId))
    const versions = secrets.get(name ?? '')
    if (name === undefined || !versions) return NOT_FOUND
    const address = { ARN: name.startsWith('arn:') ? name : secretArn(name), Name: name }
    switch (action) {
      case 'GetSecretValue':
        return getValue(address, versions, input)
      case 'DescribeSecret': {
        const staged = versions.filter(({ stages }) => stages.length > 0)
        const stages = Object.fromEntries(staged.map(({ id, stages }) => [id, stages]))
        return { status: 200, body: { ...address, VersionIdsToStages: stages } }
      }
      case 'PutSecretValue': {
        const next = version(String(input.SecretString), [])
        const { VersionStages = [CURRENT] } = input as { VersionStages?: string[] }
        versions.push(next)
        for (const stage of VersionStages) moveStage(versions, stage, next)
        return { status: 200, body: { ...address, VersionId: next.id, VersionStages: next.stages } }
      }
      case 'UpdateSecretVersionStage':
        return updateStage(address, versions, input)
      default:
        return awsError('UnknownOperationException')
    }
  }
}

const NOT_FOUND = awsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")

const CURRENT = 'AWSCURRENT'
const PREVIOUS = 'AWSPREVIOUS'

/** Attaches a stage to a version alone. The version that was current before is the previous one. */
function moveStage(versions: readonly Version[], stage: string, to: Version): void {
  const from = versions.find(({ stages }) => stages.includes(stage))
  if (from === to) return
  if (from) from.stages = from.stages.filter((each) => each !== stage)
  to.stages = [...to.stages, stage]
  if (stage === CURRENT && from) moveStage(versions, PREVIOUS, from)
}

function updateStage(address: Address, versions: readonly Version[], input: Record<string, unknown>): AwsAnswer {
  const { VersionStage: stage, MoveToVersionId: toId, RemoveFromVersionId: fromId } = input
  const to = versions.find(({ id }) => id === toId)
  const from = versions.find(({ stages }) => stages.includes(String(stage)))
  if (!to) return NOT_FOUND
  if (from && from !== to && from.id !== fromId)
    return awsError(
      'InvalidParameterException',
      `The parameter RemoveFromVersionId can't be empty. Staging label ${String(stage)} is currently attached to version ${from.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
    )
  moveStage(versions, String(stage), to)
  return { status: 200, body: address }
}

function version(value: string, stages: string[]): Version {
  return { id: randomUUID(), value, stages }
}

function getValue(
  address: Address,
  versions: readonly Version[],
  { VersionId: id, VersionStage: stage }: Record<string, unknown>,
): AwsAnswer {
  const wanted = stage ?? (id === undefined ? 'AWSCURRENT' : undefined)
  const found = versions.find(
    (version) =>
      (id === undefined || version.id === id) &&
      (wanted === undefined || version.stages.some((current) => current === wanted)),
  )
  if (!found) return NOT_FOUND
  return {
    status: 200,
    body: { ...address, VersionId: found.id, VersionStages: found.stages, SecretString: found.value },
  }
}
