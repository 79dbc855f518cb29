import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from './service.ts'

const KILL_EVERY_MS = 3_000

/** Ends consumer processes as a crash does, whatever they are doing. */
export function createKiller({ status }: Service, random: () => number) {
  let kills = 0
  const pids = async () => {
    const { functions } = await status()
    return functions.filter(({ name }) => name.startsWith('Consumer')).map(({ pid }) => pid)
  }
  const kill = (pid: number) => {
    try {
      process.kill(pid, 'SIGKILL')
      kills += 1
    } catch {
      // It has ended since it was listed.
    }
  }
  return {
    kills: () => kills,
    /** Kills one after the other for as long as asked. */
    killAgainAndAgain: async (goOn: () => boolean) => {
      while (goOn()) {
        await sleep(KILL_EVERY_MS)
        const running = await pids()
        const chosen = running[Math.floor(random() * running.length)]
        if (chosen !== undefined) kill(chosen)
      }
    },
  }
}
