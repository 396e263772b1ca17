"""The door: the hot verbs go straight to `hot`, every other verb through the typer app."""

import sys

HOT = ("flag", "self-eval", "boundary", "boot", "why", "mcp", "mine", "recall")


def main() -> int:
    """Run one command and return its exit code."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["hook"] and "--help" not in arguments and "-h" not in arguments:
        import os

        from commonplace.hosts import hook

        return hook.run(arguments[1:], os.environ)
    if arguments and arguments[0] in HOT:
        from commonplace import hot
        from commonplace.errors import CommonplaceError

        said = hot.parse(arguments[0], arguments[1:])
        if said is not None:
            try:
                return hot.run(arguments[0], said)
            except CommonplaceError as error:
                sys.stderr.write(f"{error.shown}\n")
                return error.code
            except (Exception, KeyboardInterrupt) as error:
                from commonplace.app import failed

                return failed(error)
    from commonplace.app import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
