import { CfnRule } from 'aws-cdk-lib/aws-events'
import { CfnPolicy } from 'aws-cdk-lib/aws-iam'
import { CfnEventSourceMapping, CfnFunction } from 'aws-cdk-lib/aws-lambda'
import { CfnQueue } from 'aws-cdk-lib/aws-sqs'
import type { Stack } from 'aws-cdk-lib'

type Variables = Record<string, unknown>

/** Mistakes of a template that synthesis lets pass. With each of them, the life of the stack must fail. */
export const BREAKAGES: Readonly<Record<string, (stack: Stack) => void>> = {
  handler: (stack) => functionOf(stack, 'Consumer').addPropertyOverride('Handler', 'index.handle'),
  variable: (stack) =>
    functionOf(stack, 'Consumer').addPropertyDeletionOverride('Environment.Variables.RETRY_QUEUE_URL'),
  queue: (stack) => {
    const consumer = functionOf(stack, 'Consumer')
    const { variables } = stack.resolve(consumer.environment) as { variables: Variables }
    consumer.addPropertyOverride('Environment.Variables.RETRY_QUEUE_URL', variables.DEAD_LETTER_QUEUE_URL)
    consumer.addPropertyOverride('Environment.Variables.DEAD_LETTER_QUEUE_URL', variables.RETRY_QUEUE_URL)
  },
  permission: (stack) => {
    const policy = partOf(stack, 'Consumer', CfnPolicy)
    const { Statement, ...rest } = stack.resolve(policy.policyDocument) as {
      Statement: { Action: string | string[] }[]
    }
    const kept = Statement.filter(({ Action }) => ![Action].flat().includes('sqs:SendMessage'))
    policy.policyDocument = { ...rest, Statement: kept }
  },
  removals: (stack) => partOf(stack, 'Removal', CfnEventSourceMapping).addPropertyOverride('Enabled', false),
  'removal-queue': (stack) => {
    const ingest = partOf(stack, 'Ingest', CfnFunction)
    const { variables } = stack.resolve(ingest.environment) as { variables: Variables }
    ingest.addPropertyOverride('Environment.Variables.REMOVAL_QUEUE_URL', variables.TRACK_QUEUE_URL)
  },
  'partial-failures': (stack) =>
    partOf(stack, 'Track', CfnEventSourceMapping).addPropertyDeletionOverride('FunctionResponseTypes'),
  redrive: (stack) => partOf(stack, 'Track', CfnQueue).addPropertyDeletionOverride('RedrivePolicy'),
  visibility: (stack) => partOf(stack, 'Removal', CfnQueue).addPropertyDeletionOverride('VisibilityTimeout'),
  daily: (stack) => partOf(stack, 'Daily', CfnRule).addPropertyOverride('State', 'DISABLED'),
}

function functionOf(stack: Stack, part: string): CfnFunction {
  return partOf(stack, part, CfnFunction)
}

function partOf<T>(stack: Stack, part: string, type: abstract new (...args: never[]) => T): T {
  const found = stack.node.findAll().find((each) => each instanceof type && each.node.path.includes(`/${part}/`))
  if (!found) throw new Error(`The stack has no ${type.name} ${part}`)
  return found as T
}
