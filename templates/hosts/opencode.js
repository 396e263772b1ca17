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

export const commonplace = async ({ client, directory }) => {
  if (OFF) return {}
  const said = new Map() // session id -> what the model is to be told at its next request
  const calls = new Map() // session id -> how many calls of tools there were, our own verbs not counted
  const children = new Set() // sessions of sub-agents
  const seen = new Set()
  const compacted = new Set() // sessions that go on after a compaction
  const counted = new Set() // sessions that called tools in this turn
  const worked = new Set() // sessions that called tools before this prompt

  const count = (session) => calls.get(session) ?? 0

  const tell = (session, reply) => {
    if (reply.model) said.set(session, [...(said.get(session) ?? []), reply.model])
    if (reply.person) show(reply.person)
  }

  const show = (message) => {
    const body = { title: "commonplace", message, variant: "warning", duration: 10000 }
    client.tui.showToast({ body }).catch(() => {}) // without a screen there is nobody to show it to
  }

  const take = (session) => {
    const texts = said.get(session) ?? []
    said.delete(session)
    return texts.join("\n\n")
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
      if (event.type === "session.compacted") {
        const session = info.sessionID
        tell(session, ask("compacted", { session, cwd: directory, calls: count(session) }))
        compacted.add(session)
      }
      if (event.type === "session.idle" && counted.delete(info.sessionID)) {
        const session = info.sessionID
        ask("idle", { session, cwd: directory, calls: count(session) })
        worked.add(session)
      }
    },
    "chat.message": async (input, output) => {
      const session = input.sessionID
      if (children.has(session)) return
      begin(session)
      if (worked.delete(session)) tell(session, ask("prompt", { session, cwd: directory, calls: count(session) }))
      const text = take(session)
      if (!text) return
      const id = `${output.parts.at(-1)?.id ?? "prt_"}z` // parts are kept in the order of their ids
      const messageID = output.message.id
      output.parts.push({ id, type: "text", text, synthetic: true, sessionID: session, messageID })
    },
    // What no prompt has taken along: after an automatic compaction the model goes on without one.
    "experimental.chat.system.transform": async (input, output) => {
      if (!compacted.delete(input.sessionID)) return
      const text = take(input.sessionID)
      if (text) output.system.push(text)
    },
    "tool.execute.after": async (input, output) => {
      const command = input.args?.command ?? ""
      if (!/commonplace (flag|self-eval) /.test(command)) {
        calls.set(input.sessionID, count(input.sessionID) + 1)
        if (!children.has(input.sessionID)) counted.add(input.sessionID)
      }
      const done = input.tool === "todowrite" && input.args?.todos?.some((todo) => todo.status === "completed")
      const tool = done ? "todo" : input.tool
      const closes = /git\b[^]*\bcommit/.test(command) || ["task", "todo"].includes(tool) || tool.endsWith("mark_chapter")
      if (!closes || children.has(input.sessionID)) return
      const reply = ask("tool", {
        session: input.sessionID,
        cwd: directory,
        calls: count(input.sessionID),
        tool,
        command,
      })
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
