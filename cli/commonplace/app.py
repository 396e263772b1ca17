"""The typer app and the one boundary at which errors become words and exit codes.

0 done · 1 something a person can mend · 2 the command's words are off · 3 a bug, with a log to paste ·
4 `boot --check`: something waits · 130 interrupted.
"""

import errno
import os
import sys
from typing import Annotated

import typer

from commonplace import __version__, refs, secrets
from commonplace.commands import (
    accept,
    audit,
    boot,
    boundary,
    decay,
    doctor,
    drain,
    flag,
    forget,
    hook,
    init,
    install,
    label,
    log,
    mcp,
    mine,
    queue,
    recall,
    reject,
    review,
    self_eval,
    status,
    trust,
    undo,
    watch,
    why,
)
from commonplace.errors import CommonplaceError

_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)

INTERRUPTED = 130
BUG = 3

_ABOUT = "A git-backed, plain-files memory for coding agents."

app = typer.Typer(
    name="commonplace",
    help=_ABOUT,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"commonplace {__version__}")
        raise typer.Exit


@app.callback(help=_ABOUT)
def _main(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options that come before a verb."""


for _module in (
    init, flag, self_eval, boundary, boot, drain, review, accept, reject, log, why, undo, forget, status,
    watch, install, doctor, trust, hook, mine, label, decay, recall, mcp,
):  # fmt: skip
    app.command(_module.NAME, epilog=_module.EXAMPLE)(_module.command)
app.command("uninstall", epilog="Example: commonplace uninstall claude-code")(install.uninstall)
app.add_typer(queue.app, name="queue")
app.add_typer(audit.app, name="audit")


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    clear_environment()
    try:
        code = app(arguments, prog_name="commonplace", standalone_mode=False)
    except SystemExit:  # typer's answer to a reader that has gone
        return failed(BrokenPipeError())
    except (Exception, KeyboardInterrupt) as error:
        return failed(error)
    if code == INTERRUPTED:  # typer's answer to Ctrl-C
        return failed(KeyboardInterrupt())
    return code if isinstance(code, int) else 0


def failed(error: BaseException) -> int:
    """Say what went wrong, while the error is being handled, and return the exit code."""
    if isinstance(error, CommonplaceError):
        print(error.shown, file=sys.stderr)  # noqa: T201
        return error.code
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        print("commonplace: interrupted; nothing is lost", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
        where = f" ({error.filename})" if error.filename else ""
        if not where:
            _leave_stdout()  # it may be what is full
        return failed(CommonplaceError(f"{error.strerror}{where}", "free space, or mend the permissions"))
    if isinstance(error, BrokenPipeError):
        _leave_stdout()
        return 0
    show, code = getattr(error, "show", None), getattr(error, "exit_code", BUG)
    if show is None:
        return _bug()
    show()  # a usage error of typer's own
    return code if isinstance(code, int) else BUG


def _leave_stdout() -> None:
    """Let what could not be written go nowhere; else Python complains while it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def clear_environment() -> None:
    """Drop what a calling git hook leaves in the environment: it names the hook's repository."""
    clean = refs.clean_environment(os.environ)
    os.environ.clear()
    os.environ.update(clean)


def _bug() -> int:
    """Write down a fault of ours, ready to paste, and say where."""
    import tempfile
    import traceback

    trace = secrets.masked(traceback.format_exc())
    report = f"commonplace {__version__}, Python {sys.version}, {sys.platform}\n{trace}"
    try:
        handle, path = tempfile.mkstemp(prefix="commonplace-", suffix=".log", text=True)
        with os.fdopen(handle, "w") as file:
            file.write(report)
    except OSError:  # a full disk: then the report goes where the word of it goes
        path = f"this:\n{report}"
    last = report.strip().splitlines()[-1]
    print(  # noqa: T201
        f"commonplace: this is a bug: {last}\n  please report it with {path}", file=sys.stderr
    )
    return BUG
