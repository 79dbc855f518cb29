import { expect, test } from 'vitest'
import { both } from './both.ts'
import { PythonError } from './python.ts'

test('what is wrong with the project is not hidden behind a Python that is missing', async () => {
  const python = () => Promise.reject(new PythonError('no Python'))
  await expect(both(python(), Promise.reject(new Error('synthesis')))).rejects.toThrow('synthesis')
  await expect(both(python(), Promise.resolve(1))).rejects.toThrow(PythonError)
  await expect(both(Promise.resolve(1), Promise.resolve(2))).resolves.toEqual([1, 2])
})
