import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { theStack } from '../cdk/the-stack.ts'
import { dashboardPicture, dashboardWidgets } from './dashboard-picture.ts'

test('the picture of the dashboard shows what the stack has; otherwise npm run pictures makes it anew', () => {
  const drawn = dashboardPicture(dashboardWidgets(theStack.stack))
  expect(readFileSync('cdk/guides/pictures/dashboard.svg', 'utf8')).toBe(drawn)
})
