import { createHash, randomUUID } from 'node:crypto'
import { awsError } from './answer.ts'
import type { AwsAnswer } from './answer.ts'

type Version = { id: string; value: string; stages: string[] }
export type Secrets = (action: string, input: Record<string, unknown>) => AwsAnswer

/** The ARN of a secret here: the name and six characters, as Secrets Manager builds it. */
export function secretArn(name: string): string {
  const suffix = createHash('sha256').update(name).digest('hex').slice(0, 6)
  return `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-${suffix}`
}

/**
 * Secrets Manager in memory: GetSecretValue, DescribeSecret and PutSecretValue, by name, ARN or partial ARN.
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
        const stages = Object.fromEntries(versions.map(({ id, stages }) => [id, stages]))
        return { status: 200, body: { ...address, VersionIdsToStages: stages } }
      }
      case 'PutSecretValue': {
        const next = version(String(input.SecretString), ['AWSCURRENT'])
        for (const old of versions) old.stages = old.stages.includes('AWSCURRENT') ? ['AWSPREVIOUS'] : []
        secrets.set(name, [...versions.filter((old) => old.stages.length > 0), next])
        return { status: 200, body: { ...address, VersionId: next.id, VersionStages: next.stages } }
      }
      default:
        return awsError('UnknownOperationException')
    }
  }
}

const NOT_FOUND = awsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")

function version(value: string, stages: string[]): Version {
  return { id: randomUUID(), value, stages }
}

function getValue(
  address: { ARN: string; Name: string },
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
