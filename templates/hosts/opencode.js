// @OWN@
// Hands opencode's events to `commonplace hook opencode EVENT` and puts the answers where the model reads them.
import { spawn, spawnSync } from "node:child_process"

const PROGRAM = "@PROGRAM@"
const OFF = Boolean(process.env.COMMONPLACE_WORKER)

function ask(event, payload) {
  const run = spawnSync(`${PROGRAM} hook opencode ${event}`, {
    input: JSON.stringify({ ...payload, pid: process.pid }),
    shell: true,
    timeout: 10000,
    encoding: "utf8",
  })
  try {
    return JSON.parse(run.stdout) ?? {}
  } catch {
    return {}
  }
}

export const commonplace = async ({ directory }) => {
  if (OFF) return {}
  const said = new Map() // session id -> what the model is to be told at its next request
  const children = new Set() // sessions of sub-agents
  const seen = new Set()

  const tell = (session, reply) => {
    if (reply.model) said.set(session, [...(said.get(session) ?? []), reply.model])
  }

  const end = () => {
    for (const session of seen) {
      const child = spawn(`${PROGRAM} hook opencode end`, {
        shell: true,
        detached: true,
        stdio: ["pipe", "ignore", "ignore"],
      })
      child.stdin.end(JSON.stringify({ session, cwd: directory }))
      child.unref()
    }
    seen.clear()
  }
  process.on("exit", end) // the TUI only disposes, `run` does both; a signal does neither

  const begin = (session) => {
    if (seen.has(session) || children.has(session)) return
    seen.add(session)
    tell(session, ask("boot", { session, cwd: directory }))
  }

  return {
    dispose: async () => end(),
    event: async ({ event }) => {
      const info = event.properties ?? {}
      if (event.type === "session.created") {
        if (info.info?.parentID) children.add(info.sessionID)
        else begin(info.sessionID)
      }
      if (event.type === "session.compacted") tell(info.sessionID, ask("compacted", { session: info.sessionID, cwd: directory }))
    },
    "experimental.chat.system.transform": async (input, output) => {
      const session = input.sessionID
      if (!session || children.has(session)) return
      begin(session)
      const texts = said.get(session)
      if (texts) output.system.push(texts.join("\n\n"))
      said.delete(session)
    },
    "tool.execute.after": async (input, output) => {
      const command = input.args?.command ?? ""
      const closes = /git\b[^]*\bcommit/.test(command) || input.tool === "task" || input.tool.endsWith("mark_chapter")
      if (!closes || children.has(input.sessionID)) return
      const reply = ask("tool", { session: input.sessionID, cwd: directory, tool: input.tool, command })
      if (reply.model) output.output += `\n\n${reply.model}`
    },
    "experimental.session.compacting": async (input, output) => {
      const reply = ask("compacting", { session: input.sessionID, cwd: directory })
      if (reply.model) output.context.push(reply.model)
    },
    "shell.env": async (input, output) => {
      output.env.COMMONPLACE_HOST = "opencode"
      if (input.sessionID) output.env.COMMONPLACE_SESSION = input.sessionID
    },
  }
}
