import { secretArn } from '../emulator/aws/secrets.ts'

export type Resource = {
  Type: string
  Properties?: Record<string, unknown>
  Metadata?: Record<string, unknown>
}

export type Template = {
  Resources: Record<string, Resource>
  Parameters?: Record<string, { Default?: unknown }>
  Outputs?: Record<string, { Value: unknown }>
}

export type Resolve = (value: unknown, place: string) => unknown

/** A value of the template that has no meaning on this machine. */
export class UnresolvableValueError extends Error {
  override name = 'UnresolvableValueError' as const
}

export const LOCAL_REGION = 'us-east-1'

const PSEUDO_PARAMETERS: Record<string, string> = {
  'AWS::Region': LOCAL_REGION,
  'AWS::AccountId': '000000000000',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'local',
  'AWS::StackId': 'arn:aws:cloudformation:us-east-1:000000000000:stack/local/local',
}

/** The name a resource has on this machine: its own, else its logical id. */
export function physicalName(logicalId: string, { Type, Properties = {} }: Resource): string {
  const own = Properties.QueueName ?? Properties.FunctionName ?? Properties.TableName ?? Properties.Name
  const name = typeof own === 'string' ? own : logicalId
  return Type === 'AWS::SQS::Queue' && Properties.FifoQueue === true && !name.endsWith('.fifo') ? `${name}.fifo` : name
}

/**
 * Resolves references and intrinsic functions against the template's resources as they exist on this machine. `place`
 * begins the message of UnresolvableValueError. Source: CloudFormation "Intrinsic function reference".
 */
export function createResolver(template: Template, queueUrl: (name: string) => string): Resolve {
  function ref(logicalId: string): unknown {
    if (logicalId in PSEUDO_PARAMETERS) return PSEUDO_PARAMETERS[logicalId]
    const resource = template.Resources[logicalId]
    if (!resource) return template.Parameters?.[logicalId]?.Default
    const name = physicalName(logicalId, resource)
    switch (resource.Type) {
      case 'AWS::SQS::Queue':
        return queueUrl(name)
      case 'AWS::SecretsManager::Secret':
        return secretArn((resolve(resource.Properties?.Name, logicalId) as string | undefined) ?? name)
      case 'AWS::Lambda::Function':
      case 'AWS::DynamoDB::Table':
      case 'AWS::DynamoDB::GlobalTable':
        return name
      default:
        return undefined
    }
  }

  function attribute(logicalId: string, attributeName: string): unknown {
    const resource = template.Resources[logicalId]
    if (!resource) return undefined
    const name = physicalName(logicalId, resource)
    switch (`${resource.Type} ${attributeName}`) {
      case 'AWS::SQS::Queue Arn':
        return `arn:aws:sqs:us-east-1:000000000000:${name}`
      case 'AWS::SQS::Queue QueueName':
        return name
      case 'AWS::SQS::Queue QueueUrl':
        return queueUrl(name)
      case 'AWS::SecretsManager::Secret Id':
        return secretArn(name)
      case 'AWS::Lambda::Function Arn':
        return `arn:aws:lambda:us-east-1:000000000000:function:${name}`
      case 'AWS::DynamoDB::Table Arn':
      case 'AWS::DynamoDB::GlobalTable Arn':
        return `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`
      default:
        return undefined
    }
  }

  function resolve(value: unknown, place: string): unknown {
    if (Array.isArray(value)) return value.map((item: unknown) => resolve(item, place))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value)
    const [key, argument] = entries[0] ?? []
    if (entries.length !== 1 || (key !== 'Ref' && !key?.startsWith('Fn::')))
      return Object.fromEntries(entries.map(([name, item]) => [name, resolve(item, place)]))
    const result = intrinsic(key, argument, place)
    if (result === undefined)
      throw new UnresolvableValueError(`${place} has no local value for ${JSON.stringify(value)}`)
    return result
  }

  function intrinsic(key: string, argument: unknown, place: string): unknown {
    if (key === 'Ref') return ref(argument as string)
    if (key === 'Fn::GetAtt') {
      const [logicalId = '', ...path] = typeof argument === 'string' ? argument.split('.') : (argument as string[])
      return attribute(logicalId, path.join('.'))
    }
    if (key === 'Fn::Sub') {
      const [text, variables] = typeof argument === 'string' ? [argument, {}] : (argument as [string, object])
      return substitute(text, resolve(variables, place) as Record<string, unknown>, place)
    }
    const list = resolve(argument, place) as unknown[]
    if (key === 'Fn::Join') return (list[1] as string[]).join(list[0] as string)
    if (key === 'Fn::Select') return (list[1] as unknown[])[Number(list[0])]
    if (key === 'Fn::Split') return (list[1] as string).split(list[0] as string)
    return undefined
  }

  function substitute(text: string, variables: Record<string, unknown>, place: string): string {
    return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`
      const [logicalId = '', ...path] = name.split('.')
      const value = variables[name] ?? (path.length > 0 ? attribute(logicalId, path.join('.')) : ref(name))
      if (value === undefined) throw new UnresolvableValueError(`${place} has no local value for \${${name}}`)
      return value as string
    })
  }

  return resolve
}
