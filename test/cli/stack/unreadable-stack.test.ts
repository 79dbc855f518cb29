import { expect, onTestFinished, test, vi } from 'vitest'
import { awsReason } from '../../../lib/cli/stack/aws-reason.ts'
import { settingsOf } from '../../support/settings.ts'
import { aStack } from '../a-stack.ts'
import { cli } from '../typed.ts'

const described = (state: string) =>
  `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>Shop</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>${state}</StackStatus></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`
const refused = (code: string, message: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`

async function statusOf(text: string, status = 200) {
  const stack = await aStack({ settings: settingsOf(), other: () => ({ status, text }) })
  for (const [name, value] of Object.entries(stack.deployed)) vi.stubEnv(name, value)
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  return cli(['status', '--stack', 'Shop'])
}

test('a stack that is still being made is waited for, not deployed once more', async () => {
  const { status, stderr } = await statusOf(described('CREATE_IN_PROGRESS'))
  expect(status).toBe(3)
  expect(stderr).toContain('It is CREATE_IN_PROGRESS: give the command again when that has ended.')
  expect(stderr).not.toContain('cdk deploy')
  expect((await statusOf(described('ROLLBACK_COMPLETE'))).stderr).toContain('(it is ROLLBACK_COMPLETE)')
})

test('a stack that is not there may be in another region: it says where it looked', async () => {
  const { status, stderr } = await statusOf(refused('ValidationError', 'Stack with id Shop does not exist'), 400)
  expect(status).toBe(3)
  expect(stderr).toContain('Stack Shop in eu-central-1 cannot be read')
  expect(stderr).toContain('--region')
})

test('credentials that AWS does not take, and a region that nobody knows, have an advice', () => {
  expect(awsReason(Object.assign(new Error('invalid'), { name: 'InvalidClientTokenId' }))).toContain('aws sts')
  expect(awsReason(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }))).toContain('such a region')
})

test.each([
  ['<html><p>Sign in</html>', 200],
  ['<html>Forbidden</html>', 403],
])('a page of a proxy in place of AWS’s answer is called that: %s', async (page, code) => {
  const { status, stderr } = await statusOf(page, code)
  expect(status).toBe(3)
  expect(stderr).toContain('What answered is not AWS.\nIs there a proxy between')
  expect(stderr).not.toMatch(/Deserialization|Unknown/)
})

test('who asks AWS too often, and a secret that is about to be deleted, have an advice', () => {
  const named = (name: string, message: string) => Object.assign(new Error(message), { name })
  expect(awsReason(named('ThrottlingException', 'Rate exceeded'))).toContain('in a minute')
  expect(awsReason(named('InvalidRequestException', 'it was marked for deletion.'))).toContain('restore-secret')
})
